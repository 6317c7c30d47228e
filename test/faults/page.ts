import type { Cell } from './outcome.ts'

/** What came of each command under each fault. */
export type Outcomes = Readonly<Record<string, Readonly<Record<string, Cell>>>>

/** The table of faults as a page of the documentation. */
export function faultsPage(outcomes: Outcomes): string {
  const rows = Object.entries(outcomes)
  const commands = [...new Set(rows.flatMap(([, cells]) => Object.keys(cells)))]
  const survived = rows.flatMap(([name, cells]) => Object.values(cells).map((cell) => survives(cell, name)))
  const lines = [
    '# Faults',
    '',
    `Each fault is tried with each command: ${rows.length} faults, ${commands.length} commands, **${survived.filter(Boolean).length} of ${survived.length} survived**.`,
    'A command survives if it does its work all the same, or ends with another exit code and says why. What it printed, and what it left',
    'behind in files and at the service, is in `test/faults/outcomes.json`: the tests walk that table, and write it anew together with this',
    'page by `CRAY_IMS_WRITE_FAULTS=1 npx vitest run test/faults`.',
    '',
    '- `0`: it did its work; `0*`: it did, and printed what it was sent in place of a record, or nobody could read what it printed',
    '- another number: its exit code; `130` where it waits for a service that is away until its user presses Ctrl-C',
    '- `·2`: it sent the request that the fault strikes twice; `·many`: as often as it took',
    '- `!`: it did not survive',
    '',
    `| fault | ${commands.join(' | ')} |`,
    `| --- | ${commands.map(() => '---').join(' | ')} |`,
    ...rows.map(([name, row]) => `| ${name} | ${commands.map((command) => shown(row[command], name)).join(' | ')} |`),
    '',
    '## What is said',
    '',
    ...rows.flatMap(([name, row]) => [`### ${name}`, '', ...said(row), '']),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

function shown(cell: Cell | undefined, fault: string): string {
  if (!cell) return ''
  const sent = cell.sent === undefined || cell.sent === 1 ? '' : `·${cell.sent}`
  const other = cell.exit === 0 && cell.stdout !== undefined ? '*' : ''
  return `${cell.exit}${other}${sent}${survives(cell, fault) ? '' : ' !'}`
}

/** Whether it did its work, or said why not; a program that SIGKILL ends says nothing, and is found by the next. */
function survives({ exit, error = '' }: Cell, fault: string): boolean {
  if (/in a way that it should not|ended before its work was done/.test(error)) return false
  if (exit === 0) return true
  return (exit === 'SIGKILL' ? fault === 'SIGKILL' : error !== '') && !/^\s+at /m.test(error)
}

/** Each error once, with the commands that it is of. */
function said(row: Readonly<Record<string, Cell>>): string[] {
  const errors = new Map<string, string[]>()
  for (const [command, { error, next }] of Object.entries(row)) {
    if (error === undefined) continue
    const text = [error, next].filter((line) => line !== undefined).join('; ')
    errors.set(text, [...(errors.get(text) ?? []), command])
  }
  if (errors.size === 0) return ['Nothing.']
  return [...errors].map(([text, commands]) => `- ${commands.join(', ')}: \`${text.replaceAll('`', "'")}\``)
}
