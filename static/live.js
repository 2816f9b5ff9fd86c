// Keeps what lies open true. A part with data-follow follows a run by its events; one with data-watch asks every few seconds whether the
// page says something else by now, because events would hold one of the six connections that a browser has for all windows together.
'use strict'
{
  const EVERY = 5000
  const AT_MOST_EVERY = 60000
  // Nobody has asked for this: it keeps no session alive, and takes no message that is left for whoever opens a page.
  const unattended = { Accept: 'text/html', 'X-Unattended': '1' }
  const all = (selector, root) => [...root.querySelectorAll(selector)]

  // The page as it is now; nothing where it is no such page any more.
  const read = async () => {
    const answer = await fetch(location.href, { headers: unattended, signal: AbortSignal.timeout(AT_MOST_EVERY) })
    if (answer.status >= 500 || answer.status === 429) throw new Error(answer.statusText)
    return answer.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null
  }

  // What an element is called, also when a number in it has changed.
  const called = element => element.textContent.replace(/[\d,]+/g, '').trim()
  const opened = part => {
    const seen = {}
    return all('details', part).map(one => {
      const name = called(one.querySelector('summary') ?? one)
      seen[name] = (seen[name] ?? 0) + 1
      return [`${name} ${seen[name]}`, one]
    })
  }
  // Those that look and lead alike, in their order: two buttons of one name may be two records'.
  const alike = (element, root) => all(element.localName, root).filter(one =>
    ['id', 'href', 'aria-label', 'name', 'value'].every(name => one.getAttribute(name) === element.getAttribute(name)) &&
    called(one) === called(element))

  // What somebody has begun to say in a form.
  const fields = part => all('input:not([type=hidden]), textarea, select', part)
  const chosen = field => /^(checkbox|radio)$/.test(field.type)
  const place = field => `${field.form?.getAttribute('action')} ${field.name} ${chosen(field) ? field.value : ''}`
  const begun = field => {
    if (field.localName === 'select') return field.selectedIndex !== Math.max(0, [...field.options].findIndex(one => one.defaultSelected))
    return chosen(field) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue
  }

  // What somebody has opened or begun, and where they are, stays.
  const swap = (here, fresh) => {
    const open = new Map(opened(here).map(([name, one]) => [name, one.open]))
    opened(fresh).forEach(([name, one]) => { one.open = open.get(name) ?? one.open })
    fields(here).filter(begun).forEach(field => {
      const again = fields(fresh).find(one => place(one) === place(field) && one.type === field.type)
      if (again && chosen(field)) again.checked = field.checked
      else if (again) again.value = field.value
    })
    const scrolled = all('.scroll', here).map(one => one.scrollLeft)
    const focused = here.contains(document.activeElement) ? document.activeElement : null
    const nth = focused ? alike(focused, here).indexOf(focused) : -1
    here.replaceWith(fresh)
    // By this the page's own script learns that there is something new to dress.
    fresh.dispatchEvent(new Event('fresh', { bubbles: true }))
    all('.scroll', fresh).forEach((one, index) => { one.scrollLeft = scrolled[index] ?? 0 })
    if (focused) alike(focused, fresh)[nth]?.focus({ preventScroll: true })
  }
  // Whether both pages have it, and it is swapped.
  const swapped = (id, page) => {
    const [here, fresh] = [document.getElementById(id), page?.getElementById(id)]
    if (here && fresh) swap(here, fresh)
    return Boolean(here && fresh)
  }

  const follow = part => {
    const source = new EventSource(part.dataset.follow)
    let reading = false
    let again = false
    const moved = async () => {
      if (reading) { again = true; return }
      reading = true
      try {
        // A sign-in or a failure has a page of its own, and its words are wanted.
        if (!swapped(part.id, await read())) location.reload()
      } catch (error) {
        // A network that is gone comes back, and with it the stream, which says then how things stand.
        if (error.name !== 'TypeError') location.reload()
      } finally {
        reading = false
        if (again) { again = false; moved() }
      }
    }
    source.addEventListener('moved', moved)
    source.addEventListener('ended', () => { source.close(); moved() })
    addEventListener('pagehide', () => source.close())
    addEventListener('pageshow', event => { if (event.persisted) location.reload() })
  }

  const watch = part => {
    const { watch: path } = part.dataset
    // WATERMARK.FACTS.CONFIRMED, of the page on the screen and of the page as it is.
    let shown = part.dataset.revision
    let known = shown
    let pause = EVERY
    let timer
    let asking = false
    let ended = false
    const said = revision => revision.slice(revision.indexOf('.'))
    const facts = revision => revision.split('.')[1]
    const here = () => document.getElementById(part.id)

    // Filled when there is something to say, so that it is told to who does not see it.
    const note = document.createElement('div')
    note.className = 'held-back'
    note.setAttribute('role', 'status')
    document.getElementById('main').append(note)
    const tell = (text, action, act) => {
      if (note.firstChild?.textContent === text) return
      const [words, button] = ['p', 'button'].map(kind => document.createElement(kind))
      words.textContent = text
      Object.assign(button, { type: 'button', className: 'btn btn-sm', textContent: action })
      button.addEventListener('click', act)
      note.replaceChildren(words, button)
    }

    // What was sent may take a while, and its form shall not come back as one that can be sent again.
    let sent = 0
    document.addEventListener('submit', event => { if (here().contains(event.target)) sent = Date.now() })
    addEventListener('pageshow', () => { sent = 0 })

    const busy = () => {
      const marked = getSelection()
      return Date.now() - sent < AT_MOST_EVERY || fields(here()).some(field => field === document.activeElement || begun(field)) ||
        document.querySelector('dialog[open]') || here().querySelector('details.menu[open]') ||
        (!marked.isCollapsed && here().contains(marked.anchorNode))
    }
    const end = () => {
      ended = true
      tell('This page does not follow what changes any more.', 'Reload', () => location.reload())
    }
    const changed = () => tell('This page has changed.', 'Show it', () => show().catch(() => {}))
    // Unasked only where nobody has begun anything meanwhile either.
    const show = async unasked => {
      const page = await read()
      const fresh = page?.getElementById(part.id)
      // Another person has signed in, or a look as somebody else is over: then all of the page is another one.
      if (fresh && fresh.dataset.viewer !== here().dataset.viewer) return location.reload()
      if (unasked && busy()) return changed()
      if (!swapped(part.id, page)) return end()
      swapped('head', page)
      known = shown = here().dataset.revision
      if (note.contains(document.activeElement)) document.getElementById('main').focus({ preventScroll: true })
      note.replaceChildren()
    }
    const ask = async () => {
      clearTimeout(timer)
      if (asking || ended || document.hidden) return
      asking = true
      try {
        const headers = { ...unattended, 'If-None-Match': `W/"${known}"` }
        const answer = await fetch(path, { headers, redirect: 'manual', signal: AbortSignal.timeout(AT_MOST_EVERY) })
        if (answer.ok) known = await answer.text()
        else if (answer.status >= 500 || answer.status === 429) throw new Error(answer.statusText)
        // Signed out, or nothing that is there for this person: that does not come back by asking.
        else if (answer.status !== 304) return end()
        if (said(known) !== said(shown)) {
          if (!busy()) await show(true)
          else if (facts(known) !== facts(shown)) changed()
        }
        pause = EVERY
      } catch (error) { pause = Math.min(2 * pause, AT_MOST_EVERY) }
      asking = false
      if (!ended) timer = setTimeout(ask, pause)
    }
    timer = setTimeout(ask, EVERY)
    document.addEventListener('visibilitychange', ask)
  }

  all('[data-follow]', document).forEach(part => { if (part.id) follow(part) })
  all('[data-watch]', document).forEach(watch)
}
