import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { defineConfig } from 'rolldown'
import { billOfMaterials } from './scripts/bill-of-materials.mjs'

/** @import { Plugin } from 'rolldown' */
/** @import { Package } from './scripts/bill-of-materials.mjs' */

/**
 * commander can run other programs as subcommands. Ours has none, and loading what starts them costs a tenth of the start.
 *
 * @type {Plugin}
 */
const withoutExecutables = {
  name: 'commander-without-executables',
  resolveId: (id, importer) => (id === 'node:child_process' && importer?.includes('commander') ? '\0no-executables' : undefined),
  load: (id) => (id === '\0no-executables' ? 'export const spawn = undefined' : undefined),
}

/**
 * ssh2 tries to load native add-ons and does without them. Resolved at run time, they could come from NODE_PATH, from
 * ~/.node_modules or from a node_modules above the package: anybody's code.
 *
 * @type {Plugin}
 */
const withoutAddons = {
  name: 'ssh2-without-addons',
  resolveId: (id) => (id === 'cpu-features' || id.endsWith('.node') ? '\0no-addon' : undefined),
  load: (id) => (id === '\0no-addon' ? `throw new Error('there are no native add-ons')` : undefined),
}

/**
 * Under these names Node's own modules are looked for nowhere else.
 *
 * @type {Plugin}
 */
const builtinsByScheme = {
  name: 'builtins-by-scheme',
  resolveId: (id) => (isBuiltin(id) && !id.startsWith('node:') ? { id: `node:${id}`, external: true } : undefined),
}

/**
 * Where there is an eval, none of a file's names can be shortened.
 *
 * @type {Plugin}
 */
const withoutEval = {
  name: 'toml-without-eval',
  transform: (code, id) =>
    id.includes('@iarna/toml') ? code.replace(`eval("require('util').inspect")`, "require('util').inspect") : undefined,
}

/**
 * Help reads no configuration: the parser of TOML is made when it is first called.
 *
 * @type {Plugin}
 */
const tomlWhenCalled = {
  name: 'toml-when-called',
  resolveId: (id, importer) => (id.startsWith('@iarna/toml') && importer?.endsWith('.ts') ? `\0when-called:${id}` : undefined),
  load(id) {
    const [, toml] = id.split('\0when-called:')
    return toml && `export default (text) => require('${toml}')(text)`
  },
}

/**
 * The AWS SDK warns of each Node before 22 on stderr: of releases to come, and not of the one that is part of the bundle.
 *
 * @type {Plugin}
 */
const withoutNodeWarning = {
  name: 'aws-sdk-without-node-warning',
  transform: (code, id) => (/@aws-sdk\/core\/.*\bclient\b/.test(id) ? code.replace('const vv = 22', 'const vv = 20') : undefined),
}

/**
 * Errors of the AWS SDK advise to `require` packages that ours has no use for. Nothing built so much as names a module
 * that would be looked for outside the package.
 *
 * @type {Plugin}
 */
const withoutAdvice = {
  name: 'aws-sdk-without-advice',
  transform: (code, id) =>
    id.includes('signature-v4-multi-region')
      ? code.replaceAll(/\[?(?:require|import)\(["'](@aws-sdk\/[\w-]+)["']\);?\]?/g, '$1')
      : undefined,
}

/**
 * Writes the licences of all packages that are part of the bundle, as they ask for, and their bill of materials.
 *
 * @type {Plugin}
 */
const licences = {
  name: 'licences',
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) => (chunk.type === 'chunk' ? Object.keys(chunk.modules) : []))
    const folders = modules
      .map((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0])
      .filter((folder) => folder !== undefined)
    const packages = [...new Set(folders)].sort().map((folder) => {
      // Older packages have a list.
      /** @type {Package & { licenses?: { type: string }[] }} */
      const { name, version, licenses, license = licenses?.[0]?.type } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
      return { name, version, license, text: file ? readFileSync(join(folder, file), 'utf8').trim() : '' }
    })
    const texts = packages.map(({ name, version, license, text }) => `${name} ${version} (${license ?? 'see below'})\n\n${text}\n`)
    this.emitFile({ type: 'asset', fileName: 'LICENCES.txt', source: texts.join(`\n${'-'.repeat(80)}\n\n`) })
    this.emitFile({ type: 'asset', fileName: 'sbom.json', source: `${JSON.stringify(billOfMaterials(packages), null, 2)}\n` })
  },
}

export default defineConfig({
  plugins: [withoutExecutables, withoutAddons, builtinsByScheme, tomlWhenCalled, withoutEval, withoutNodeWarning, withoutAdvice, licences],
  input: { main: 'src/main.ts', library: 'src/library.ts', mock: 'src/mock/library.ts' },
  platform: 'node',
  transform: { define: { 'import.meta.isExecutable': 'false' } },
  // Names of chunks depend on where each module is: in a copy of the checkout node_modules is a link.
  resolve: { symlinks: false },
  output: {
    dir: 'dist',
    format: 'cjs',
    // ssh2 tells its classes apart by their names. What is ASCII is read and compiled faster.
    minify: {
      compress: true,
      mangle: { keepNames: { class: true, function: false } },
      codegen: { removeWhitespace: true, asciiOnly: true },
    },
    cleanDir: true,
    // Finding and opening a chunk costs a millisecond: what is needed together is in one.
    codeSplitting: {
      groups: [
        {
          name: 'start',
          test: /src\/(cli\/(?!completion|other-cray|reference|generated)|definitions\/|errors|json\/value|config\/(configuration\.|folder|precedence)|files\/(home|limits|path|read-file|reason)|ims\/(job-age|public-key-text|pasted-text)|terminal\/(exit-guard|process-io|question)|text\/(?!unfinished)|time\/)|commander|iarna/,
        },
        {
          name: 'request',
          test: /src\/(commands\/request|config\/tokens|json\/(read|write)|render\/(render|number|pieces|toml|json)|ims\/(?!oauth|client|created|job|availability|records|reference)|http\/(?!certificate|connection|proxy|undici|socks|stream))/,
        },
      ],
    },
    chunkFileNames: 'chunks/[name]-[hash].js',
  },
})
