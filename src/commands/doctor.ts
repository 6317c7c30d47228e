import { printsRecords } from '../builds/print-made.ts'
import type { CommandContext, Run } from '../context.ts'
import { listRecords } from '../ims/fetch-records.ts'
import type { PublicKey } from '../ims/records.ts'
import { toValue } from '../json/value.ts'
import { coloursFor } from '../terminal/colours.ts'
import { printable } from '../text/printable.ts'
import { findingOf, type Check, type Finding } from './doctor/check.ts'
import { checks } from './doctor/checks.ts'

const signs = { ok: '✔', warning: '!', failed: '✖', skipped: '·' } as const

/** Checks what commands need. Returns 1 where something fails without which none works. */
export const run: Run = async (context) => {
  const progress = await context.progress()
  let publicKeys: Promise<PublicKey[]> | undefined
  const listKeys = async () => (await listRecords(await context.api(), 'public key')).records
  const shared = { publicKeys: () => (publicKeys ??= listKeys()) }
  const results: { check: Check; finding: Finding }[] = []
  for (const check of checks) {
    if (progress.isInteractive) progress.update(check.name)
    const missing = results.find(({ check: { name }, finding }) => check.after?.includes(name) && finding.state !== 'ok')
    const finding = missing ? { state: 'skipped' as const, said: `needs: ${missing.check.name}` } : await findingOf(check, context, shared)
    results.push({ check, finding })
  }
  progress.stop()
  const printed = printsRecords(context) ? await context.print(asValue(context, results)) : await printLines(context, results)
  return results.some(({ check, finding }) => check.needed && finding.state !== 'ok') ? 1 : printed
}

const asValue = (context: CommandContext, results: readonly { check: Check; finding: Finding }[]) =>
  toValue(
    results.map(({ check: { name }, finding: { state, said, next } }) => ({
      check: name,
      state,
      said,
      next: next === undefined ? null : context.nextLine(next),
    })),
  )

async function printLines(context: CommandContext, results: readonly { check: Check; finding: Finding }[]): Promise<number> {
  const { io } = context
  const { green, yellow, red, dim } = await coloursFor(io, io.stdout)
  const coloured = { ok: green, warning: yellow, failed: red, skipped: dim }
  const width = Math.max(...results.map(({ check }) => check.name.length))
  for (const { check, finding } of results) {
    const { state, said, next } = finding
    const lines = [
      `${coloured[state](signs[state])} ${check.name.padEnd(width)}  ${printable(said)}`,
      ...(next === undefined ? [] : [`  ${' '.repeat(width)}  Next: ${printable(context.nextLine(next))}`]),
    ]
    await io.stdout.write(`${lines.join('\n')}\n`)
  }
  return 0
}
