import { createMock } from '../../src/mock/library.ts'
import { createDoors } from '../../src/mock/ssh/doors.ts'
import { createShells } from '../../src/mock/ssh/shells.ts'

// A mock with one job that waits, as a process of its own that can be killed. Bundled by the tests.
async function main(): Promise<void> {
  const { isolation, seed } = JSON.parse(process.argv[2]!)
  const doors = createDoors()
  const mock = createMock({ seed, holdPort: doors.hold })
  await createShells(mock, doors, { isolation })
  const [job] = mock.state.jobs.values()
  process.stdout.write(`${job!.mock!.sshPort}\n`)
}

void main()
