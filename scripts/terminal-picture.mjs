// Runs what the README types, in one shell against the mock, prints it with what comes of it, and draws two pictures of that.
//
//   node scripts/terminal-picture.mjs [FOLDER]     docs/ unless named
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const top = join(import.meta.dirname, '..')
const program = join(top, 'bin/cray-ims.js')
const readme = readFileSync(join(top, 'README.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'cray-ims-picture-'))

/** The mock's own line, and what is typed in its shell. */
const [mock, ...firstSession] = [...blocks('## A first session'), ''].slice(0, 2).join('').trimEnd().split('\n')

/** @type {readonly { picture?: string, typed: readonly string[], exit?: number }[]} */
const parts = [
  { picture: 'terminal.svg', typed: firstSession.map((line) => line.replace(/ +#.*/, '')) },
  { picture: 'failed-build.svg', typed: ['cray-ims build e648 --name uan --debug'], exit: 1 },
  { picture: 'failed-build.svg', typed: ['cray-ims jobs debug uan --on-exit later -- tail -2 /mnt/image/kiwi.log'] },
  { typed: blocks('### What you used jq for').join('').trimEnd().split('\n') },
]

// Each line is marked, and its exit code behind what it has printed.
const session = [
  `run() { printf '\\001%s\\n' "$1"; eval "$1" 2>&1; printf '\\002%s\\n' "$?"; }`,
  ...parts.flatMap(({ typed }) => typed.map((line) => `run '${line.replaceAll("'", "'\\''")}'`)),
  '',
].join('\n')

try {
  for (const name of ['bin', '.ssh']) mkdirSync(join(folder, name))
  symlinkSync(program, join(folder, 'bin/cray-ims'))
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'jane@ncn-m001', '-f', join(folder, '.ssh/id_ed25519')])
  writeFileSync(join(folder, 'session.sh'), session)
  const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder, LANG: 'C.UTF-8' }
  const [, ...words] = (mock ?? '').split(' ')
  const text = execFileSync(program, [...words, join(folder, 'session.sh')], { env, encoding: 'utf8' }).replaceAll(folder, '~')
  process.stdout.write(text.replaceAll('\x01', '$ ').replaceAll(/^\x02.*\n/gm, ''))
  const ran = text.split('\x01').slice(1)
  /** @type {Map<string, string>} */
  const pictures = new Map()
  for (const { picture: name, typed, exit = 0 } of parts) {
    for (const line of typed) {
      const [, said = '', code] = /^([^]*)\x02(\d+)\n$/.exec(ran.shift() ?? '') ?? []
      if (Number(code) !== exit) throw new Error(`${line}: exit code ${code}, not ${exit}\n${said}`)
      if (name !== undefined) pictures.set(name, `${pictures.get(name) ?? ''}\x01${said.replace(/\n+$/, '\n')}`)
    }
  }
  for (const [name, said] of pictures) writeFileSync(join(process.argv[2] ?? join(top, 'docs'), name), picture(said.trimEnd().split('\n')))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/**
 * The shell blocks of a section of the README.
 *
 * @param {string} heading
 */
function blocks(heading) {
  const section = readme.slice(readme.indexOf(`\n${heading}\n`) + heading.length + 2).split(/\n#+ /)[0] ?? ''
  return [...section.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block)
}

/**
 * The lines as a terminal shows them, wrapped at its columns.
 *
 * @param {string[]} lines
 */
function picture(lines) {
  const columns = 108
  const [width, height, margin] = [8.4, 18, 16]
  const rows = lines.flatMap((line) => {
    const command = line.startsWith('\x01')
    const whole = command ? `# ${line.slice(1)}` : line
    const parts = whole.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']
    const kind = command ? 'command' : whole.startsWith('Error:') ? 'error' : 'output'
    return parts.map((part, at) => ({ part, kind: at > 0 ? `${kind} wrapped` : kind }))
  })
  /** @param {string} text */
  const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const [w, h] = [Math.round(columns * width + 2 * margin), rows.length * height + 2 * margin]
  const texts = rows.map(
    ({ part, kind }, at) =>
      `<text class="${kind}" x="${margin}" y="${margin + 14 + at * height}" xml:space="preserve">${escape(part)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" role="img" aria-label="cray-ims in a terminal">
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d0d7de}.command{fill:#fff;font-weight:bold}.error{fill:#ff7b72}</style>
<rect width="${w}" height="${h}" rx="8" fill="#161b22"/>
${texts.join('\n')}
</svg>
`
}
