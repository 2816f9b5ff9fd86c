// What script adds to pages that work without it: keys, ticking times, copying, results as one types, the theme at once.
'use strict'
{
  const $ = (selector, root = document) => root.querySelector(selector)
  const all = (selector, root = document) => [...root.querySelectorAll(selector)]
  const typing = target => target.closest('input, textarea, select, [contenteditable]') !== null

  // Relative times tick by the machine's clock, corrected by the moment at which the server made the page.
  const clock = $('[data-clock]')
  const skew = clock ? Date.parse(clock.dateTime) - Date.now() : 0
  const relative = seconds => {
    const size = Math.abs(seconds)
    if (seconds >= 0 && seconds < 10) return 'just now'
    const [unit, length] = size < 60 ? ['s', 1] : size < 5400 ? ['min', 60] : size < 129600 ? ['h', 3600] : size < 5184000 ? ['days', 86400] : ['months', 2629800]
    const text = `${Math.round(size / length)} ${unit}`
    return seconds >= 0 ? `${text} ago` : `in ${text}`
  }
  const tick = () => {
    const now = Date.now() + skew
    if (clock) clock.textContent = new Date(now).toISOString().slice(11, 16) + ' UTC'
    for (const time of all('time[data-ago]')) time.textContent = relative((now - Date.parse(time.dateTime)) / 1000)
  }
  if (clock) setInterval(tick, 10000)

  // Exact times say on hover what they are on the wall here.
  const local = root => all('time[title]', root).forEach(time => {
    time.title = time.title.split(' · ')[0] + ' · here ' + new Date(time.dateTime).toLocaleString()
  })

  // Browsers lend the clipboard to https and to this very machine only.
  const copying = root => navigator.clipboard && all('[data-copy]', root).forEach(element => {
    if (element.nextElementSibling?.classList.contains('copy')) return
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'copy'
    button.setAttribute('aria-label', 'Copy ' + element.textContent.slice(0, 80))
    button.textContent = 'copy'
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(element.textContent)
      button.textContent = 'copied'
      button.classList.add('done')
      setTimeout(() => { button.textContent = 'copy'; button.classList.remove('done') }, 1500)
    })
    element.after(button)
  })

  // Lists and search: the answer is swapped in while one types, and the address follows.
  let pending
  const live = form => {
    let timer
    form.addEventListener('input', () => {
      clearTimeout(timer)
      timer = setTimeout(async () => {
        const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ''))
        const url = `${form.action.split('?')[0]}?${query}`
        pending?.abort()
        pending = new AbortController()
        try {
          const answer = await fetch(url, { signal: pending.signal, headers: { Accept: 'text/html' } })
          // A refusal, a failure or a sign-in has a page of its own, and its words are wanted.
          if (!answer.ok || answer.redirected) return location.assign(url)
          const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
          const list = $('#list', page)
          if (!list) return location.assign(url)
          $('#list').replaceWith(list)
          history.replaceState(null, '', url)
          dress(list)
        } catch (error) { if (error.name !== 'AbortError') form.submit() }
      }, 180)
    })
  }

  // What a search finds first is shown at once; what only contains the word comes after it, below.
  const rest = async part => {
    try {
      const answer = await fetch(part.dataset.rest, { signal: pending?.signal, headers: { Accept: 'text/html' } })
      if (!answer.ok || answer.redirected) return
      const found = $('#parts', new DOMParser().parseFromString(await answer.text(), 'text/html'))
      if (!found || !part.isConnected) return
      all('.script-off', found).forEach(link => link.remove())
      if (!$('.hits', found)) return part.remove()
      part.replaceWith(found)
      dress(found)
    } catch (error) { /* The link is still there. */ }
  }

  // What is pressed twice is sent once: the second answer would say that the first has used the code, the link or the form up.
  document.addEventListener('submit', event => {
    const form = event.target
    if (form.method !== 'post' || form === $('[data-themes]')) return
    if (form.dataset.sent) return event.preventDefault()
    form.dataset.sent = 'yes'
    setTimeout(() => { delete form.dataset.sent }, 5000)
  })
  addEventListener('pageshow', () => all('form[data-sent]').forEach(form => { delete form.dataset.sent }))

  const themes = $('[data-themes]')
  themes?.addEventListener('submit', event => {
    event.preventDefault()
    const theme = event.submitter.value
    document.documentElement.dataset.bsTheme = theme
    all('button', themes).forEach(button => button.toggleAttribute('aria-pressed', button === event.submitter))
    event.submitter.setAttribute('aria-pressed', 'true')
    const body = new URLSearchParams(new FormData(themes))
    body.set('theme', theme)
    fetch(themes.action, { method: 'POST', body, redirect: 'manual' })
  })

  // A menu closes by a click elsewhere and by Escape.
  document.addEventListener('click', event => all('details.menu[open], details.chips-more[open]').forEach(menu => { if (!menu.contains(event.target)) menu.open = false }))

  const help = () => {
    let dialog = $('#keys')
    if (!dialog) {
      dialog = document.createElement('dialog')
      dialog.id = 'keys'
      const lines = [['/', 'search'], ['j k', 'next and previous row'], ['Enter', 'open the row'], ['n', 'next page'], ['t', 'back to now'], ['?', 'these keys'],
        ...all('.nav-deck [data-chord]').map(link => [`g ${link.dataset.chord}`, $('span', link).textContent])]
      const title = document.createElement('h2')
      title.textContent = 'Keyboard'
      const list = document.createElement('dl')
      for (const [keys, what] of lines) {
        const term = document.createElement('dt')
        for (const key of keys.split(' ')) { const kbd = document.createElement('kbd'); kbd.textContent = key; term.append(kbd, ' ') }
        const text = document.createElement('dd')
        text.textContent = what
        list.append(term, text)
      }
      dialog.append(title, list)
      dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close() })
      document.body.append(dialog)
    }
    dialog.showModal()
  }
  all('[data-keys]').forEach(button => { button.hidden = false; button.addEventListener('click', help) })

  const step = by => {
    const rows = all('[data-rows] tbody tr, ul[data-rows] li')
    if (!rows.length) return
    const here = rows.findIndex(row => row.classList.contains('here'))
    rows[here]?.classList.remove('here')
    const row = rows[Math.max(0, Math.min(rows.length - 1, here + by))]
    row.classList.add('here')
    row.scrollIntoView({ block: 'nearest' })
    $('a', row)?.focus({ preventScroll: true })
  }
  let chord = false
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Escape') { all('details.menu[open], details.chips-more[open]').forEach(menu => { menu.open = false }); if (typing(event.target)) event.target.blur(); return }
    if (typing(event.target) || $('dialog[open]')) return
    if (chord) {
      chord = false
      document.body.classList.remove('show-keys')
      const link = $(`.nav-deck [data-chord="${CSS.escape(event.key)}"]`)
      if (link) { event.preventDefault(); link.click() }
      return
    }
    const keys = {
      '/': () => ($('[data-live] input[type=search]') ?? $('[data-search]'))?.focus(),
      j: () => step(1), k: () => step(-1), n: () => $('[data-next]')?.click(), t: () => $('.banner-at a')?.click(), '?': help,
      g: () => { chord = true; document.body.classList.add('show-keys'); setTimeout(() => { chord = false; document.body.classList.remove('show-keys') }, 1500) }
    }
    if (keys[event.key]) { event.preventDefault(); keys[event.key]() }
  })

  const dress = root => { copying(root); local(root); all('[data-rest]', root).forEach(rest) }
  dress(document)
  document.addEventListener('fresh', event => { dress(event.target); tick() })
  all('form[data-live]').forEach(live)
}
