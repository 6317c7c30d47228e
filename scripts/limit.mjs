/**
 * Options of spawn for a run that is measured: one that hangs is killed, whatever signals still have an effect on it, and ends the bench.
 *
 * @type {{ timeout: number, killSignal: NodeJS.Signals }}
 */
export const limit = { timeout: 120_000, killSignal: 'SIGKILL' }
