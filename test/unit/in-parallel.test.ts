import { describe, expect, test } from 'vitest'
import { schedule } from '../../src/builds/batch/schedule.ts'

/** Tasks by their names and needs (`b:a`), which end when they are told to. */
function tasksOf(shapes: readonly string[]) {
  const begun: string[] = []
  const given: Record<string, string | undefined> = {}
  const ends = new Map<string, (result: string) => void>()
  const breaks = new Map<string, (error: Error) => void>()
  const tasks = shapes.map((shape) => {
    const [name, needs] = shape.split(':') as [string, string | undefined]
    const run = (needed: string | undefined) => {
      begun.push(name)
      given[name] = needed
      return new Promise<string>((end, fail) => {
        ends.set(name, end)
        breaks.set(name, fail)
      })
    }
    return { name, needs, run }
  })
  const settle = () => new Promise((done) => setImmediate(done))
  return {
    tasks,
    begun,
    given,
    async end(name: string, result = `image of ${name}`) {
      ends.get(name)!(result)
      await settle()
    },
    async break(name: string) {
      breaks.get(name)!(new Error(`${name} broke`))
      await settle()
    },
    settle,
  }
}

const judging = {
  isGood: (result: string) => result.startsWith('image'),
  none: ({ name, needs }: { name: string; needs: string | undefined }) => `${name} lacks ${needs}`,
}

describe('tasks', () => {
  test('so many at once, the next as soon as one ends, results in their order', async () => {
    const { tasks, begun, end, settle } = tasksOf(['a', 'b', 'c', 'd'])
    const all = schedule(tasks, 2, judging)
    await settle()
    expect(begun).toEqual(['a', 'b'])
    await end('b', 'failed')
    expect(begun).toEqual(['a', 'b', 'c'])
    await end('a')
    expect(begun).toEqual(['a', 'b', 'c', 'd'])
    await end('d')
    await end('c')
    expect(await all).toEqual(['image of a', 'failed', 'image of c', 'image of d'])
  })

  test('each after the one that it needs, with its result; no place is held while it waits for that', async () => {
    const { tasks, begun, given, end, settle } = tasksOf(['a', 'b:a', 'c:a', 'd:b', 'e'])
    const all = schedule(tasks, 2, judging)
    await settle()
    expect(begun).toEqual(['a', 'e'])
    await end('a')
    expect(begun).toEqual(['a', 'e', 'b'])
    await end('e')
    expect(begun).toEqual(['a', 'e', 'b', 'c'])
    await end('b')
    expect(begun).toEqual(['a', 'e', 'b', 'c', 'd'])
    await end('c')
    await end('d')
    await all
    expect(given).toEqual({ a: undefined, b: 'image of a', c: 'image of a', d: 'image of b', e: undefined })
  })

  test('what needs something that came to nothing, also at one remove, is not begun', async () => {
    const { tasks, begun, end, settle } = tasksOf(['a', 'b:a', 'c:b', 'd'])
    const all = schedule(tasks, 1, judging)
    await settle()
    await end('a', 'failed')
    await end('d')
    expect(await all).toEqual(['failed', 'b lacks a', 'c lacks b', 'image of d'])
    expect(begun).toEqual(['a', 'd'])
  })

  test('more places than tasks, and none', async () => {
    const { tasks, begun, end, settle } = tasksOf(['a', 'b'])
    const all = schedule(tasks, 100, judging)
    await settle()
    expect(begun).toEqual(['a', 'b'])
    await end('a')
    await end('b')
    expect(await all).toHaveLength(2)
    expect(await schedule([], 1, judging)).toEqual([])
  })

  test('one that breaks gives its place away, and breaks the whole', async () => {
    const { tasks, begun, break: breakOne, end, settle } = tasksOf(['a', 'b', 'c:a'])
    const all = schedule(tasks, 1, judging).catch((error: Error) => error.message)
    await settle()
    await breakOne('a')
    expect(begun).toEqual(['a', 'b'])
    await end('b')
    expect(await all).toBe('a broke')
    expect(begun).toEqual(['a', 'b'])
  })
})
