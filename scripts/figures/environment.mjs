import { existsSync, readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'

/**
 * @typedef {object} Conditions what the machine did besides, and what of its settings has to do with time
 * @property {number} load average of the last minute when it began.
 * @property {number} cores
 * @property {number} others the part of the processors that other processes had meanwhile.
 * @property {number} steal the part that other virtual machines had.
 * @property {string | undefined} governor of the processors' frequency.
 * @property {string[]} variables that would slow programs down, and that the measured ones don't get.
 */

/** Which machine it is, in a line. */
export function machine() {
  const [{ model }] = cpus()
  const virtual = /^flags\s*:.* hypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')) ? ', a virtual machine' : ''
  return `${model.trim()} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB${virtual}, Linux ${release()}, Node ${process.versions.node}`
}

const governorFile = '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'

/** What the processors have done since the machine started, in ticks; `own` is what we and our children that have ended did. */
function ticks() {
  const [user, nice, system, idle, iowait, irq, softirq, steal] = readFileSync('/proc/stat', 'utf8').split(/\s+/, 9).slice(1).map(Number)
  const busy = user + nice + system + irq + softirq
  const own = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .slice(11, 15)
    .reduce((sum, figure) => sum + Number(figure), 0)
  return { busy, steal, own, all: busy + idle + iowait + steal }
}

/**
 * Watches what the machine does besides.
 *
 * @returns what tells it, of the time so far; children that haven't ended count as others.
 */
export function watchConditions() {
  const before = ticks()
  const known = {
    load: loadavg()[0],
    cores: cpus().length,
    governor: existsSync(governorFile) ? readFileSync(governorFile, 'utf8').trim() : undefined,
    variables: Object.keys(process.env).filter(
      (name) => process.env[name] && /^(NODE_OPTIONS|NODE_EXTRA_CA_CERTS|BUN_OPTIONS|(https?|all)_proxy)$/i.test(name),
    ),
  }
  return () => {
    const now = ticks()
    const all = Math.max(1, now.all - before.all)
    const others = Math.max(0, now.busy - before.busy - (now.own - before.own)) / all
    return /** @type {Conditions} */ ({ ...known, others, steal: (now.steal - before.steal) / all })
  }
}

/** @param {number} part */
export const percent = (part) => `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`

/**
 * What distorts the figures, in words; nothing on a machine that is good to measure on.
 *
 * @param {Conditions} conditions
 * @param {number} [spread] of the times of what does nothing.
 */
export function distortions({ load, cores, others, steal, governor }, spread = 0) {
  return [
    ...(load > cores / 2 ? [`the load average was ${load.toFixed(1)} at the start, on ${cores} processors`] : []),
    ...(others > 0.05 ? [`other processes had ${percent(others)} of the processors`] : []),
    ...(steal > 0.01 ? [`other virtual machines had ${percent(steal)} of the processors`] : []),
    ...(spread > 0.25 ? [`the times of \`node -e 0\` are ${percent(spread)} apart`] : []),
    ...(governor && governor !== 'performance' ? [`the governor of the processors' frequency is \`${governor}\``] : []),
  ]
}
