/**
 * The floors of the house, from the top: a file imports only from its own room or from a floor below, types too.
 * docs/architecture.md describes them.
 */
const floors = [
  ['main.ts'],
  ['cli/'],
  ['commands/'],
  ['images/', 'recipes/'],
  ['builds/'],
  ['jobs/'],
  ['library.ts'],
  ['mock/'],
  ['context.ts'],
  ['ssh/'],
  ['kubernetes/'],
  ['s3/'],
  ['ims/'],
  ['http/'],
  ['render/'],
  ['config/'],
  ['terminal/'],
  ['files/'],
  ['definitions/'],
  ['service/'],
  ['errors.ts', 'json/'],
  ['text/', 'time/'],
]

/** @param {readonly string[]} rooms */
const pathOf = (rooms) => `^src/(${rooms.map((room) => room.replace('.', '\\.')).join('|')})`

const downwards = floors.slice(1).map((rooms, at) => ({
  name: `${rooms.join(' and ')} import from no floor above`,
  severity: /** @type {const} */ ('error'),
  from: { path: pathOf(rooms) },
  to: { path: pathOf(floors.slice(0, at + 1).flat()) },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...downwards,
    { name: 'no circles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    {
      name: 'every file is on a floor',
      severity: 'error',
      from: { path: '^src/', pathNot: [...floors.map(pathOf), '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'rooms of one floor are apart',
      severity: 'error',
      from: { path: '^src/(text|time)/' },
      to: { path: '^src/(text|time)/', pathNot: '^src/$1/' },
    },
    // S3 and Kubernetes are to use it.
    {
      name: 'http knows nothing of IMS',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: '^src/(ims|config|terminal|definitions)/' },
    },
    // The library hasn't any of them.
    {
      name: 'the client knows nothing of the command line',
      severity: 'error',
      from: { path: '^src/(ims|http|library)' },
      to: { path: '^src/(terminal|definitions|render|context)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
}
