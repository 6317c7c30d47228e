import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs'
import { join, posix } from 'node:path'

/** A name in a container's files. What is done with its path must not follow it, should it be a link. */
export interface Found {
  /** Of this machine. */
  readonly path: string
  /** To be called when nothing more is done with it. */
  release(): void
}

/** A container's files, seen from outside. */
export interface Tree {
  /**
   * Finds a path there: links lead where they lead there, never out, whoever changes what meanwhile.
   *
   * @param follow also of the last part, where that is a link
   * @throws as the file system does; EACCES for what is the machine's own
   */
  find(inside: string, follow?: boolean): Found
  exists(inside: string): boolean
}

/** The most links that a path may lead through, as in Linux. */
const mostLinks = 40

/**
 * A tree below a folder of this machine.
 *
 * @param closed paths there, of this machine's own
 */
export function treeIn(root: string, closed: readonly string[] = []): Tree {
  function find(inside: string, follow = true): Found {
    const held = [hold(root)]
    const names: string[] = []
    const release = () => held.forEach((one) => one.release())
    const up = (to: number) => {
      names.length = Math.min(names.length, to)
      for (const one of held.splice(to + 1)) one.release()
    }
    try {
      const left = inside.split('/').filter(isPart)
      for (let links = 0; ;) {
        const name = left.shift()
        if (name === undefined) return { path: `${held.at(-1)!.path}/.`, release }
        if (name === '..') {
          up(Math.max(names.length - 1, 0))
          continue
        }
        const path = join(held.at(-1)!.path, name)
        const here = posix.join('/', ...names, name)
        if (closed.some((one) => here === one || here.startsWith(`${one}/`)))
          throw errorOf('EACCES', "permission denied: that is the machine's own")
        const last = left.length === 0
        if ((!last || follow) && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
          if (++links > mostLinks) throw errorOf('ELOOP', 'too many symbolic links')
          const target = readlinkSync(path)
          if (target.startsWith('/')) up(0)
          left.unshift(...target.split('/').filter(isPart))
        } else if (last) return { path, release }
        else {
          held.push(hold(path, constants.O_DIRECTORY))
          names.push(name)
        }
      }
    } catch (error) {
      release()
      throw error
    }
  }

  return {
    find,
    exists(inside) {
      try {
        const { path, release } = find(inside)
        try {
          return lstatSync(path, { throwIfNoEntry: false }) !== undefined
        } finally {
          release()
        }
      } catch {
        return false
      }
    },
  }
}

const isPart = (name: string) => name !== '' && name !== '.'
const errorOf = (code: string, message: string) => Object.assign(new Error(`${code}: ${message}`), { code })

const descriptors = '/proc/self/fd'
/** Linux's, which Node has no name for. */
const pathOnly = 0o10000000

/**
 * Holds a file or folder, so that its path stays its own whatever takes its place; a link isn't followed. Where the
 * system can't, it is its plain path: nothing runs in a container there that could put something in its place.
 */
export function hold(path: string, flags = 0): Found {
  if (!existsSync(descriptors)) return { path, release() {} }
  const descriptor = openSync(path, pathOnly | constants.O_NOFOLLOW | flags)
  const release = () => closeSync(descriptor)
  if (!fstatSync(descriptor).isSymbolicLink()) return { path: `${descriptors}/${descriptor}`, release }
  release()
  throw errorOf('ELOOP', 'a symbolic link')
}
