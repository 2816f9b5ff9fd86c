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
  '@fontsource/ibm-plex-mono': '5.3.0'
}
const TOOLS = { postcss: '8.5.33', purgecss: '8.0.0' }

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
  relations: 'affiliate', shield: 'shield-lock'
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
console.log(`${icons()} icons, ${await styles()} bytes of Tabler`)
fs.rmSync(shop, { recursive: true })
