import type { Program, Running } from './program.ts'
import type { Tree } from './tree.ts'

/** What runs in a container: a real shell in namespaces of Linux, or a stand-in for one that runs no programs. */
export type Isolation = 'namespaces' | 'stand-in'

/** The container of a job whose user may look inside. */
export interface Container {
  readonly isolation: Isolation
  readonly jailed: boolean
  readonly files: Tree
  /** Whose its files are on this machine; ours where it isn't said. */
  readonly owner?: number
  start(program: Program): Running
  /** Kills all that runs there, and removes its files. */
  close(): Promise<void>
}
