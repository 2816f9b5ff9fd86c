#!/usr/bin/env node
// Makes static/vendor and static/icons.svg out of npm packages. Run by hand after a version or a template's classes changed:
//
//     node static/build.mjs
//
// It installs the packages into a temporary folder; the output is committed, so that building the panel needs no Node.
// Tabler's style sheet is cut to what our pages can use (635 kB to a tenth), and each of its dark rules is repeated under
// `prefers-color-scheme`, so that the system's preference works without script.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

const VERSIONS = {
  '@tabler/core': '1.6.1',
  '@tabler/icons': '3.51.0',
  '@fontsource-variable/ibm-plex-sans': '5.3.0',
  '@fontsource/ibm-plex-mono': '5.3.0',
  'world-atlas': '2.0.2'
}
const TOOLS = { postcss: '8.5.33', purgecss: '8.0.0', 'topojson-client': '3.1.0', 'topojson-simplify': '3.0.3' }

// Symbols of the sprite that Tabler calls by another name; `kind-<KindSpec::name>` is a kind's own.
const ICONS = {
  dashboard: 'layout-dashboard', pulse: 'activity-heartbeat', 'kind-instance': 'server-2',
  'kind-maintenance_event': 'calendar-exclamation', 'kind-load_balancer': 'arrows-split', 'kind-zone': 'world',
  'kind-dns_record': 'list-details', 'kind-app': 'box', 'kind-certificate': 'certificate',
  'kind-database': 'database', 'kind-backup': 'archive', source: 'plug-connected', place: 'map-pin',
  task: 'clock-play', audit: 'clipboard-list', menu: 'menu-2', down: 'chevron-down', right: 'chevron-right',
  left: 'chevron-left', asc: 'arrow-up', desc: 'arrow-down', warn: 'alert-triangle', bad: 'alert-circle',
  info: 'info-circle', good: 'circle-check', external: 'external-link', columns: 'columns-3', 'sign-out': 'logout',
  held: 'hand-stop', back: 'arrow-back-up', user: 'user-circle', gone: 'ghost-2', mark: 'anchor', play: 'player-play',
  relations: 'affiliate', shield: 'shield-lock', map: 'map-2', region: 'world-pin', cluster: 'stack-2'
}
// Those that have the same name here and there.
const SAME = 'search bell refresh users key api x history copy check download filter sun moon contrast keyboard lock clock plus trash eye'.split(' ')

const here = import.meta.dirname
const out = path.join(here, 'vendor')
const shop = fs.mkdtempSync(path.join(os.tmpdir(), 'quarterdeck-static-'))
const npm = name => path.join(shop, 'node_modules', name)
fs.writeFileSync(path.join(shop, 'package.json'), '{"private":true}')
const wanted = Object.entries({ ...VERSIONS, ...TOOLS }).map(([name, version]) => `${name}@${version}`)
execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', ...wanted], { cwd: shop, stdio: 'inherit' })
const load = createRequire(path.join(shop, 'package.json'))
const postcss = load('postcss')
const { PurgeCSS } = load('purgecss')

// Parts that later pages may want without running this again: whole components, not the thousands of utilities.
const KEEP = [/^(btn|card|table|form|input-group|alert|list-group|progress|empty)$/, /^btn-(primary|danger|ghost|link|sm|icon|list)$/,
  /^form-(label|control|select|check|hint|text)/, /^card-(header|title|body|footer|actions)$/, /^(visually-hidden|active|disabled|is-invalid)/]

async function styles () {
  const css = fs.readFileSync(path.join(npm('@tabler/core'), 'dist/css/tabler.min.css'), 'utf8')
  const [purged] = await new PurgeCSS().purge({
    content: [path.join(here, '../templates/**/*.html'), path.join(here, '*.js')],
    css: [{ raw: css }],
    safelist: [/^data-bs-theme/, ...KEEP],
    keyframes: true
  })
  const root = postcss.parse(purged.css)
  root.walkAtRules('charset', rule => rule.remove())
  root.walkRules(rule => {
    if (!rule.selector.includes('[data-bs-theme=dark]')) return
    if (rule.parent.type === 'atrule' && rule.parent.name === 'media') return
    const twin = rule.clone({ selector: rule.selector.replaceAll('[data-bs-theme=dark]', '[data-bs-theme=auto]') })
    rule.after(postcss.atRule({ name: 'media', params: '(prefers-color-scheme:dark)', nodes: [twin] }))
  })
  const text = root.toString()
  fs.writeFileSync(path.join(out, 'tabler.css'), text)
  return text.length
}

function icons () {
  const names = { ...ICONS, ...Object.fromEntries(SAME.map(name => [name, name])) }
  const symbols = Object.entries(names).map(([id, file]) => {
    const svg = fs.readFileSync(path.join(npm('@tabler/icons'), 'icons/outline', `${file}.svg`), 'utf8')
    const inner = svg.replace(/^[\s\S]*?<svg[\s\S]*?>/, '').replace(/<\/svg>[\s\S]*$/, '')
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, '').replace(/\s*\n\s*/g, '').replace(/\s*\/>/g, '/>')
    return `<symbol id="${id}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`
  })
  const text = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`
  fs.writeFileSync(path.join(here, 'icons.svg'), text)
  return symbols.length
}

// The land of the map: Natural Earth's 1:50m outline without Antarctica, simplified to what a map of a page's width can show, in the
// projection that `web/map/projection.rs` puts the markers in. 1,000 units wide; a unit test there holds both to the same numbers.
const [WIDTH, NORTH, SOUTH, DETAIL, SMALLEST] = [1000, 84, -57, 4e-5, 1.2]

function naturalEarth (longitude, latitude) {
  const [x, y] = [longitude, latitude].map(degrees => degrees * Math.PI / 180)
  const [y2, y4] = [y * y, y ** 4]
  return [
    x * (0.8707 - 0.131979 * y2 + y4 * (-0.013791 + y4 * (0.003971 * y2 - 0.001529 * y4))),
    y * (1.007226 + y2 * (0.015085 + y4 * (-0.044475 + 0.028874 * y2 - 0.005916 * y4)))
  ]
}

// A ring with its longitudes as they go on over the 180th meridian, some turns away.
function unrolled (ring, turn) {
  let last = ring[0][0]
  return ring.slice(0, -1).map(([longitude, latitude]) => {
    last = longitude + 360 * Math.round((last - longitude) / 360)
    return [last + turn, latitude]
  })
}

// The part of a ring on this side of the 180th meridian (`side` is 1 for the eastern one, -1 for the western one).
function halfOf (ring, side) {
  const inside = ([longitude]) => longitude * side <= 180
  return ring.flatMap((point, index) => {
    const next = ring[(index + 1) % ring.length]
    if (inside(point) === inside(next)) return inside(point) ? [point] : []
    const part = (180 * side - point[0]) / (next[0] - point[0])
    const crossing = [180 * side, point[1] + part * (next[1] - point[1])]
    return inside(point) ? [point, crossing] : [crossing]
  })
}

function land () {
  const { feature } = load('topojson-client')
  const { presimplify, simplify, sphericalTriangleArea } = load('topojson-simplify')
  const atlas = JSON.parse(fs.readFileSync(path.join(npm('world-atlas'), 'land-50m.json'), 'utf8'))
  const simple = simplify(presimplify(atlas, sphericalTriangleArea), DETAIL)
  const [half, top] = [naturalEarth(180, 0)[0], naturalEarth(0, NORTH)[1]]
  const tenth = value => Math.round(value * 10) / 10
  const put = ([longitude, latitude]) => {
    const [x, y] = naturalEarth(longitude, latitude)
    return [half + x, top - y].map(value => tenth(value * WIDTH / 2 / half))
  }
  const written = value => String(tenth(value)).replace(/^(-?)0\./, '$1.')
  const beside = value => value.startsWith('-') ? value : ` ${value}`
  const outline = points => points.map(([x, y], index) => {
    if (!index) return `M${written(x)} ${written(y)}`
    const step = [x - points[index - 1][0], y - points[index - 1][1]].map(written)
    return (index === 1 ? `l${step[0]}` : beside(step[0])) + beside(step[1])
  }).join('') + 'z'
  const rings = feature(simple, simple.objects.land).features.flatMap(({ geometry }) => geometry.coordinates.flat())
    .filter(ring => ring.some(([, latitude]) => latitude > SOUTH))
    .flatMap(ring => [-360, 0, 360].map(turn => halfOf(halfOf(unrolled(ring, turn), 1), -1)))
    .map(ring => ring.map(put).filter((point, index, all) => !index || `${point}` !== `${all[index - 1]}`))
    .filter(points => points.length > 2 && Math.abs(points.reduce((sum, [x, y], index) => {
      const [nextX, nextY] = points[(index + 1) % points.length]
      return sum + x * nextY - nextX * y
    }, 0)) / 2 >= SMALLEST)
  const height = Math.ceil(put([0, SOUTH])[1])
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}"><path id="land" d="${rings.map(outline).join('')}"/></svg>\n`
  fs.writeFileSync(path.join(out, 'land.svg'), text)
  return text.length
}

function copies () {
  const copy = (name, from, to) => fs.copyFileSync(path.join(npm(name), from), path.join(out, to))
  copy('@fontsource-variable/ibm-plex-sans', 'files/ibm-plex-sans-latin-wght-normal.woff2', 'fonts/plex-sans.woff2')
  for (const weight of [400, 600]) {
    copy('@fontsource/ibm-plex-mono', `files/ibm-plex-mono-latin-${weight}-normal.woff2`, `fonts/plex-mono-${weight}.woff2`)
  }
  const licences = Object.entries(VERSIONS).map(([name, version]) => {
    const file = ['LICENSE', 'LICENSE.md'].map(file => path.join(npm(name), file)).find(fs.existsSync)
    const text = file ? fs.readFileSync(file, 'utf8').trim() : 'MIT License, Copyright (c) 2018-2026 The Tabler Authors'
    return `${name} ${version}\n${'='.repeat(60)}\n${text}\n`
  })
  fs.writeFileSync(path.join(out, 'LICENSES'), licences.join('\n\n'))
}

fs.mkdirSync(path.join(out, 'fonts'), { recursive: true })
copies()
console.log(`${icons()} icons, ${await styles()} bytes of Tabler, ${land()} bytes of land`)
fs.rmSync(shop, { recursive: true })
