import { defineConfig } from 'rolldown'

export default defineConfig({
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
