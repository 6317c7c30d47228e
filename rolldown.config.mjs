import { defineConfig } from 'rolldown'

/** commander can run other programs as subcommands. Ours has none, and loading what starts them costs a tenth of the start. */
const withoutExecutables = {
  name: 'commander-without-executables',
  resolveId: (id, importer) => (id === 'node:child_process' && importer?.includes('commander') ? '\0no-executables' : undefined),
  load: (id) => (id === '\0no-executables' ? 'export const spawn = undefined' : undefined),
}

export default defineConfig({
  plugins: [withoutExecutables],
  input: { main: 'src/main.ts', library: 'src/library.ts', mock: 'src/mock/library.ts' },
  platform: 'node',
  // ssh2 looks for native parts that it does not need.
  external: [/\.node$/, 'cpu-features'],
  // @iarna/toml asks for node:util in a way that bundlers warn of.
  checks: { eval: false },
  output: {
    dir: 'dist',
    format: 'cjs',
    minify: true,
    cleanDir: true,
    chunkFileNames: 'chunks/[name]-[hash].js',
  },
})
