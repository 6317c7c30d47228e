// Draws docs/terminal.svg from a real run of the built program against its mock.
//
//   node scripts/terminal-picture.mjs
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const top = join(import.meta.dirname, '..')
const program = join(top, 'bin/cray-ims.js')
const folder = mkdtempSync(join(tmpdir(), 'cray-ims-picture-'))

/** What is typed, one after another in one shell. */
const typed = [
  `IMAGE=$(cray-ims build cray-shasta-compute-sles15sp6.x86_64-25.11.2 --name compute --interval 0.2)`,
  `echo $IMAGE`,
  `cray-ims customize compute --name compute-ssh --run 'echo enabled > /etc/motd' --interval 0.2`,
  `cray-ims build cray-shasta-uan-sles15sp6-broken.x86_64-25.11.2 --name uan --debug --interval 0.2`,
  `cray-ims jobs debug uan --on-exit later -- tail -2 /mnt/image/kiwi.log`,
  `cray-ims jobs fail uan`,
  `cray-ims images delete ../images`,
  `cray-ims jobs deleteall --age 7`,
]

const shell = `run() { printf '\\001%s\\n' "$1"; eval "$1" 2>&1; }\n${typed.map((line) => `run '${line.replaceAll("'", "'\\''")}'`).join('\n')}\ntrue\n`

try {
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, '.ssh'))
  symlinkSync(program, join(folder, 'bin/cray-ims'))
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'jane@ncn-m001', '-f', join(folder, '.ssh/id_ed25519')])
  writeFileSync(join(folder, 'session.sh'), shell)
  const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder, LANG: 'C.UTF-8' }
  const text = execFileSync(program, ['mock', '--tls', '--speed', '200', '--', 'bash', join(folder, 'session.sh')], {
    env,
    encoding: 'utf8',
  })
  writeFileSync(join(top, 'docs/terminal.svg'), picture(text.replaceAll(folder, '~').trimEnd().split('\n')))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/**
 * The lines as a terminal shows them, wrapped at its columns.
 *
 * @param {string[]} lines
 */
function picture(lines) {
  const columns = 100
  const [width, height, margin] = [8.4, 18, 16]
  const rows = lines.flatMap((line) => {
    const command = line.startsWith('\x01')
    const whole = command ? `# ${line.slice(1)}` : line
    const parts = whole.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']
    return parts.map((part) => ({ part, kind: command ? 'command' : whole.startsWith('Error:') ? 'error' : 'output' }))
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
