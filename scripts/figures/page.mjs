import { distortions, percent } from './environment.mjs'
import { median, ratio, spread } from './statistics.mjs'

/** @typedef {import('./measure.mjs').Sample} Sample */
/** @typedef {{ name: string, samples: ReadonlyMap<string, readonly Sample[]> }} Task what was done, and by whom */
/**
 * @typedef {object} Results of one run
 * @property {string} date
 * @property {string} version ours.
 * @property {string} machine
 * @property {readonly string[]} versions of the other programs.
 * @property {import('./environment.mjs').Conditions} conditions
 * @property {number} recordBytes
 * @property {readonly Task[]} tasks
 * @property {readonly [name: string, bytes: number][]} sizes
 * @property {number | undefined} throughput requests a second.
 * @property {readonly string[]} absent what was not measured, and why.
 */

/** How each program is called here, and what it runs on. */
const programs = new Map([
  ['node', { label: '`node -e 0`', runtime: undefined }],
  ['bun', { label: '`bun -e 0`', runtime: undefined }],
  ['npm', { label: 'npm package', runtime: 'node' }],
  ['npm json', { label: 'npm package, `--format json`', runtime: 'node' }],
  ['npm yaml', { label: 'npm package, `--format yaml`', runtime: 'node' }],
  ['executable', { label: 'executable', runtime: 'bun' }],
  ['https', { label: 'bare `https`', runtime: 'node' }],
  ['curl', { label: '`curl`', runtime: undefined }],
  ['kubectl', { label: '`kubectl`', runtime: undefined }],
  ['cray', { label: 'the original `cray`', runtime: undefined }],
])

/** @type {{ what: string, task: string, of: string, by?: string, most: number }[]} by nothing: MiB */
const aims = [
  { what: '`--help` of the npm package', task: '`--help`', of: 'npm', by: 'node', most: 1.3 },
  { what: 'one record, npm package', task: '1 record', of: 'npm', by: 'https', most: 1.5 },
  { what: 'one record, npm package', task: '1 record', of: 'npm', by: 'kubectl', most: 1.05 },
  { what: '`--help` of the executable', task: '`--help`', of: 'executable', by: 'kubectl', most: 0.25 },
  { what: 'one record, executable', task: '1 record', of: 'executable', by: 'kubectl', most: 0.35 },
  { what: 'one record, executable', task: '1 record', of: 'executable', by: 'curl', most: 1.7 },
  { what: '10,000 records, executable', task: '10,000 records', of: 'executable', by: 'npm', most: 0.6 },
  { what: '10,000 records, npm package', task: '10,000 records', of: 'npm', most: 156 },
  { what: '10,000 records as yaml', task: '10,000 records', of: 'npm yaml', by: 'npm json', most: 2 },
]

/** @param {number} milliseconds */
const time = (milliseconds) =>
  milliseconds < 1000 ? `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`
/** @param {number} figure */
const times = (figure) => `${figure.toFixed(figure < 10 ? 2 : 0)} ×`
/** @param {number} mebibytes */
const memory = (mebibytes) => `${mebibytes.toFixed(0)} MiB`
/** @param {readonly Sample[]} samples */
const peak = (samples) => Math.max(...samples.map((sample) => sample.peak))
/** @param {readonly Sample[]} samples */
const walls = (samples) => samples.map(({ wall }) => wall)

/**
 * @param {Task} task
 * @param {string} one
 * @param {string | undefined} other
 */
function beside({ samples }, one, other) {
  const [ours, theirs] = [samples.get(one), other && samples.get(other)]
  return one === other || !ours || !theirs ? undefined : ratio(walls(ours), walls(theirs))
}

/**
 * A table with columns of equal width.
 *
 * @param {readonly string[]} head those of figures begin with a blank.
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, rows) {
  const heads = head.map((cell) => cell.trim())
  const widths = heads.map((cell, at) => Math.max(3, cell.length, ...rows.map((row) => row[at].length)))
  const isFigure = (/** @type {number} */ at) => head[at].startsWith(' ')
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, at) => (isFigure(at) ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))).join(' | ')} |`
  const rule = widths.map((width, at) => '-'.repeat(width - Number(isFigure(at))) + (isFigure(at) ? ':' : ''))
  return [line(heads), line(rule), ...rows.map(line)].join('\n')
}

/** @param {readonly Task[]} tasks */
function timeTable(tasks) {
  const others = ['https', 'curl', 'kubectl', 'cray'].filter((name) => tasks.some(({ samples }) => samples.has(name)))
  const labels = others.map((name) => ` × ${programs.get(name)?.label}`)
  const rows = tasks.flatMap((task) =>
    [...task.samples].map(([name, samples], at) => {
      const { label = name, runtime } = programs.get(name) ?? {}
      const isFloor = name === 'node' || name === 'bun'
      const ratios = [runtime, ...others].map((other) => (isFloor ? undefined : beside(task, name, other)))
      return [
        at === 0 ? `${task.name}, ${samples.length} ${samples.length === 1 ? 'round' : 'rounds'}` : '',
        label,
        time(median(walls(samples))),
        time(median(samples.map(({ cpu }) => cpu))),
        memory(peak(samples)),
        ...ratios.map((figure) => (figure === undefined ? '' : times(figure))),
      ]
    }),
  )
  return table(['task', 'program', ' time', ' processor', ' memory', ' × its runtime', ...labels], rows)
}

/** @param {readonly Task[]} tasks */
const aimRows = (tasks) =>
  aims.map(({ what, task, of, by, most }) => {
    const done = tasks.find(({ name }) => name === task)
    const samples = done?.samples.get(of)
    const figure = by ? done && beside(done, of, by) : samples && peak(samples)
    const aim = by ? `${times(most)} ${programs.get(by)?.label}` : memory(most)
    const shown = figure === undefined ? '' : by ? times(figure) : memory(figure)
    return [what, `at most ${aim}`, shown, figure === undefined ? 'not measured' : figure <= most ? 'met' : 'missed']
  })

/**
 * How far apart the times of what does nothing are, in all of a run.
 *
 * @param {readonly Task[]} tasks
 */
const floorSpread = (tasks) => spread(tasks.flatMap(({ samples }) => walls(samples.get('node') ?? [])))

/**
 * What distorted the figures of a run, or that nothing did; and what the machine was like.
 *
 * @param {Results} results
 */
function conditionLines({ conditions, tasks }) {
  const apart = floorSpread(tasks)
  const { load, others, steal, governor, variables } = conditions
  const found = distortions(conditions, apart)
  const measured = `load average ${load.toFixed(1)} at the start; meanwhile other processes had ${percent(others)} of the processors, and other virtual machines ${percent(steal)}; ${governor ? `governor \`${governor}\`` : 'the governor of the frequency is not to be seen'}; the times of \`node -e 0\` are ${percent(apart)} apart.`
  return [
    found.length > 0 ? `**The machine distorts these figures**: ${found.join('; ')}.` : 'Nothing was found that distorts these figures.',
    `Conditions: ${measured}`,
    ...(variables.length > 0 ? [`Set here, but not for what was measured: ${variables.map((name) => `\`${name}\``).join(', ')}.`] : []),
  ]
}

/**
 * The page with the figures of a run.
 *
 * @param {Results} results
 */
export function page(results) {
  const { date, version, machine, versions, recordBytes, tasks, sizes, throughput, absent } = results
  return `# Figures

\`npm run bench:figures\` measures these and writes this page: all of it is of one run. Nothing passes or fails by them.

Version ${version}, ${date}: ${[machine, ...versions].join(', ')}.

${conditionLines(results).join('\n\n')}

## Time and memory

${timeTable(tasks)}

- The records are those of \`images list\`, ${recordBytes} bytes each, over TLS from a bare server that answers at once, with an RSA
  certificate of an intermediate authority; its root is trusted. \`curl\`, \`kubectl get --raw\` and bare \`https\` (Node's) get the
  same answer and don't read it.
- Beside \`--help\` is that of \`kubectl\`. \`node -e 0\` and \`bun -e 0\` are what the npm package and the executable run on, doing nothing.
- A round runs all programs of its task in turn, each from start to end. Times are medians. Ratios are not those of the medians,
  but the median of the ratios of each round's two.
- Memory is the largest resident set of any round; what is below 9 MiB can't be told from what measures it.

## Aims

${table(['what', 'aim', ' this run', ''], aimRows(tasks))}

## Sizes

${table(
  ['what', ' size'],
  sizes.map(([name, bytes]) => [name, `${(bytes / 1e6).toFixed(1)} MB`]),
)}

## Requests a second

${throughput === undefined ? 'Not measured: `wrk` is not installed.' : `One mock answers ${throughput.toFixed(0)} lists of one image a second over TLS, to eight connections of \`wrk\`.`}
${absent.length > 0 ? `\n## Not measured\n\n${absent.map((why) => `- ${why}`).join('\n')}\n` : ''}`
}
