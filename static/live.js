// Keeps what has data-follow true while it is looked at: when the run moves, the page is read again and that part is swapped.
'use strict'
{
  const follow = part => {
    const source = new EventSource(part.dataset.follow)
    let reading = false
    let again = false
    const read = async () => {
      if (reading) { again = true; return }
      reading = true
      try {
        const answer = await fetch(location.href, { headers: { Accept: 'text/html' } })
        // A sign-in or a failure has a page of its own, and its words are wanted.
        if (!answer.ok || answer.redirected) return location.reload()
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
        const fresh = page.getElementById(part.id)
        const here = document.getElementById(part.id)
        if (!fresh || !here) return location.reload()
        // What somebody has opened, and where they are, stays.
        const open = [...here.querySelectorAll('details')].map(one => one.open)
        fresh.querySelectorAll('details').forEach((one, index) => { one.open = open[index] ?? false })
        const focused = [...here.querySelectorAll('a, button, summary')].indexOf(document.activeElement)
        here.replaceWith(fresh)
        if (focused >= 0) fresh.querySelectorAll('a, button, summary')[focused]?.focus({ preventScroll: true })
      } catch (error) { /* The stream comes back by itself, and says then how things stand. */ } finally {
        reading = false
        if (again) { again = false; read() }
      }
    }
    source.addEventListener('moved', read)
    source.addEventListener('ended', () => { source.close(); read() })
    addEventListener('pagehide', () => source.close())
    addEventListener('pageshow', event => { if (event.persisted) location.reload() })
  }
  document.querySelectorAll('[data-follow]').forEach(part => { if (part.id) follow(part) })
}
