import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'rolldown'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { run } from '../support/program.ts'
import { describeWithSshd } from '../support/describe-with-sshd.ts'
import { makeKey, startSshd, temporaryFolder, type Sshd } from '../support/sshd.ts'
import { describeWithTmux, openTerminal, type Terminal } from '../support/tmux.ts'

describeWithSshd('shells as a process of their own', () => {
  const folder = temporaryFolder()
  const program = join(folder.path, 'program.cjs')
  const own = makeKey(join(folder.path, 'id'))
  let server: Sshd
  beforeAll(async () => {
    server = await startSshd({ authorized: [own.publicKey] })
    await build({
      input: join(import.meta.dirname, '../support/ssh-program.ts'),
      platform: 'node',
      external: [/\.node$/, 'cpu-features'],
      output: { file: program, format: 'cjs', codeSplitting: false },
      logLevel: 'silent',
    })
  })
  afterAll(async () => {
    await server.stop()
    folder.remove()
  })

  const asked = (options: object = {}) =>
    JSON.stringify({ port: server.port, user: server.user, file: own.path, publicKey: own.publicKey, ...options })
  const start = (options?: object, stdin?: string) =>
    run([asked(options)], { cwd: folder.path, env: { PATH: process.env.PATH! }, stdin, command: [process.execPath, program] })

  test('a command with pipes for streams', async () => {
    expect(await start({ command: 'cat; echo two >&2; exit 3' }, 'one')).toEqual({ exit: 3, stdout: 'one', stderr: 'two\n{"code":3}\n' })
  })

  test('a shell with a pipe for stdin', async () => {
    expect(await start({}, 'echo $((1 + 1)); kill -TERM $$\n')).toMatchObject({ exit: 143, stdout: '2\n' })
  })

  test('it ends though its stdin stays open', async () => {
    const child = spawn(process.execPath, [program, asked({ command: 'exit 6' })], { stdio: ['pipe', 'ignore', 'ignore'] })
    expect(await new Promise((done) => child.once('exit', done))).toBe(6)
  })

  test('a reader that goes away', async () => {
    const line = `${process.execPath} ${program} '${asked({ command: 'yes' })}' | head -1`
    expect(await run(['-c', line], { cwd: folder.path, env: { PATH: process.env.PATH! }, command: ['sh'] })).toMatchObject({
      exit: 0,
      stdout: 'y\n',
      stderr: '{"code":0}\n',
    })
  })

  describeWithTmux('in a terminal', () => {
    let terminal: Terminal
    let settings: { before: string; after: string }
    let count = 0
    beforeEach(async () => {
      count++
      settings = { before: join(folder.path, `before.${count}`), after: join(folder.path, `after.${count}`) }
      terminal = await openTerminal({ cwd: folder.path })
      terminal.type(`stty -a > before.${count}`, 'Enter')
      // What is typed before the prompt is there is shown in front of it.
      await terminal.shows(/before\.\d+\nhere\$$/)
    })
    afterEach(() => terminal.close())

    const open = (options?: object) => {
      // A line of its own in a file, so that what is typed fits on the screen.
      writeFileSync(join(folder.path, 'open'), `echo $$ > pid; exec ${process.execPath} ${program} '${asked(options)}'\n`)
      terminal.type('sh open', 'Enter')
    }
    const openShell = async () => {
      open()
      await terminal.shows(/[#$] ?$/)
      terminal.type("PS1='there> '", 'Enter')
      await terminal.shows(/^there>/m)
    }
    /** That we are where we came from, with the terminal as it was. */
    const isBack = async (exit: number) => {
      terminal.type(`echo back=$?; stty -a > after.${count}`, 'Enter')
      await terminal.shows(`back=${exit}`)
      while (!existsSync(settings.after) || readFileSync(settings.after, 'utf8') === '') await pause(20)
      // Its size is the window's own affair.
      const [before, after] = [settings.before, settings.after].map((path) => readFileSync(path, 'utf8').replace(/rows.*?columns \d+/, ''))
      expect(after).toBe(before)
    }

    test('type, size, and its changes', async () => {
      await openShell()
      terminal.type('echo $TERM; stty size; stty -a | grep -o .iutf8', 'Enter')
      await terminal.shows(/^(screen|tmux).*\n30 100\n iutf8$/m)
      terminal.resize(73, 21)
      terminal.type('stty size', 'Enter')
      await terminal.shows(/^21 73$/m)
      terminal.type('exit 9', 'Enter')
      await terminal.shows('{"code":9}')
      await isBack(9)
    })

    test('Ctrl-C, Ctrl-D and Ctrl-Z reach the other end', async () => {
      await openShell()
      terminal.type('sleep 100; echo ended=$?', 'Enter')
      await pause(300)
      terminal.type('C-c')
      await terminal.shows(/\^C\n(ended=130\n)?there>/)
      terminal.type('sleep 100', 'Enter')
      await pause(300)
      terminal.type('C-z')
      await terminal.shows('Stopped')
      // Bash leaves no stopped job by Ctrl-D, and may not know yet that this one is gone.
      terminal.type('kill -9 %1; while kill -0 %1 2>/dev/null; do sleep 0.1; done; echo gone', 'Enter')
      await terminal.shows(/^gone$/m)
      terminal.type('C-d')
      const screen = await terminal.shows(/\{"code":\d+\}/)
      await isBack(Number(/\{"code":(\d+)\}/.exec(screen)![1]))
    })

    test('~? helps, ~~ is one ~, ~. leaves', async () => {
      await openShell()
      terminal.type('Enter', '~?')
      await terminal.shows('Supported escape sequences:')
      terminal.type('Enter', 'echo a~b', 'Enter')
      await terminal.shows(/^a~b$/m)
      terminal.type('~~', '/x', 'Enter')
      await terminal.shows('~/x')
      terminal.type('Enter', '~.')
      await terminal.shows('{"lost":"ended by ~.","detached":true}')
      await isBack(255)
    })

    test('~^Z suspends us, and the shell there goes on', async () => {
      await openShell()
      terminal.type('Enter', '~', 'C-z')
      await terminal.shows('[suspend cray-ims]')
      await terminal.shows(/Stopped.*\nhere\$ ?$/)
      terminal.type('stty -a | grep -o "[-]*icanon"', 'Enter')
      await terminal.shows(/^icanon$/m)
      terminal.type('fg', 'Enter')
      terminal.type('echo re""sumed', 'Enter')
      await terminal.shows(/^resumed$/m)
      terminal.type('exit 4', 'Enter')
      await terminal.shows('{"code":4}')
      await isBack(4)
    })

    test('vim opens, is resized and quits; less, too', async () => {
      writeFileSync(join(folder.path, 'lines'), Array.from({ length: 200 }, (_, n) => `line ${n + 1}`).join('\n'))
      await openShell()
      terminal.type(`vim.tiny -u NONE ${folder.path}/lines || vi ${folder.path}/lines`, 'Enter')
      await terminal.shows(/^line 29$/m)
      terminal.resize(60, 15)
      await terminal.shows(/\nline 14(\n[^\n]*)?$/)
      terminal.type('G')
      await terminal.shows(/^line 200$/m)
      terminal.type(':q!', 'Enter')
      await terminal.shows(/there>\s*$/)
      terminal.type(`less ${folder.path}/lines`, 'Enter')
      await terminal.shows(/^line 14$/m)
      terminal.type('q')
      await terminal.shows(/there>\s*$/)
      terminal.type('exit', 'Enter')
      await terminal.shows('{"code":0}')
    })

    test('a connection that is dropped', async () => {
      await openShell()
      server.dropAll()
      await terminal.shows('{"lost":')
      await isBack(255)
    })

    test('a defect of ours', async () => {
      open({ crash: true })
      await terminal.shows('a defect')
      await isBack(1)
    })

    test.each([
      ['SIGTERM', 143],
      ['SIGHUP', 129],
      ['SIGQUIT', 131],
    ] as const)('%s to us', async (name, exit) => {
      await openShell()
      process.kill(Number(readFileSync(join(folder.path, 'pid'), 'utf8')), name)
      await terminal.shows(/here\$ ?$/)
      await isBack(exit)
    })

    test('a command gets a terminal when asked for', async () => {
      open({ command: 'test -t 0 && test -t 1 && echo yes; exit 2', tty: true })
      await terminal.shows(/^yes$/m)
      await isBack(2)
    })

    test('and none otherwise', async () => {
      open({ command: 'test -t 0 || echo none' })
      await terminal.shows(/^none$/m)
      await isBack(0)
    })
  })
})

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))
