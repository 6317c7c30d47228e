// Runs tasks that don't need each other at once, by the names of their npm scripts, and prints what each has said when it ends.
//
//   node scripts/at-once.mjs check lint format:check
import { spawn } from 'node:child_process'

/** @param {string} name */
async function run(name) {
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
  const failed = await new Promise((ended, fail) => {
    child.on('error', fail)
    child.on('close', (code) => ended(code !== 0))
  })
  console.log(`${failed ? 'failed' : 'passed'}: npm run ${name}`)
  if (said.trim() !== '') console.log(said)
  return failed
}

const failed = await Promise.all(process.argv.slice(2).map(run))
if (failed.includes(true)) process.exitCode = 1
