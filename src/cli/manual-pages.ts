import { version } from '../../package.json'
import { choicesInFile, importRows, keyOf, keyRows, sourceHelp, sources } from '../builds/images-file/keys.ts'
import { isGroup, leavesOf, type CommandDefinition, type GroupDefinition, type OptionDefinition } from '../definitions/definition.ts'
import { exitCodes } from '../definitions/exit-codes.ts'
import { byGroup } from '../definitions/option-groups.ts'
import { globalOptions } from '../definitions/global.ts'
import { orList } from '../definitions/relations.ts'
import { ims, site } from '../definitions/tree.ts'
import { argumentHelp, choicesNoted, optionHelp, optionTerm, usage } from './help-terms.ts'
import { bold, example, item, paragraph, roffText } from './roff.ts'

type Row = CommandDefinition | GroupDefinition

const rows = [...ims.commands, ...site].filter((row) => !row.hidden)

/** The manual pages by their names: the program's, one for each of its commands and groups, and that of files of images. */
export function manualPages(): Readonly<Record<string, string>> {
  const pages = rows.map((row): [string, string] => [`cray-ims-${row.name}.1`, commandPage(row)])
  return { 'cray-ims.1': programPage(), ...Object.fromEntries(pages), 'cray-ims-images-file.5': imagesFilePage() }
}

const page = (name: string, section: number, about: string, parts: readonly string[]) =>
  [
    '.\\" Made by `npm run generate` from src/definitions; changes belong there.',
    `.TH ${name.toUpperCase()} ${section} "" "cray\\-ims ${version}" "Image Management Service"`,
    '.SH NAME',
    `${roffText(name)} \\- ${roffText(about)}`,
    ...parts,
    '',
  ].join('\n')

function programPage(): string {
  return page('cray-ims', 1, 'command line for the Image Management Service (IMS) of HPE Cray EX systems', [
    '.SH SYNOPSIS',
    roffText('cray-ims [OPTIONS] COMMAND'),
    '.SH COMMANDS',
    ...rows.flatMap(({ name, summary }) => item(name, `${summary}: cray-ims-${name}(1).`)),
    '.SH GLOBAL OPTIONS',
    ...paragraph('Every command takes these, anywhere on the line.'),
    ...globalOptions.flatMap((option) => item(optionTerm(option), choicesNoted(option))),
    '.SH EXIT STATUS',
    ...exitCodes.flatMap(({ code, means }) => item(code, means)),
    ...seeAlso(),
  ])
}

function commandPage(row: Row): string {
  const leaves = leavesOf(row).filter(({ leaf }) => !leaf.hidden)
  const [only] = isGroup(row) ? [] : leaves
  return page(`cray-ims-${row.name}`, 1, row.summary, [
    '.SH SYNOPSIS',
    ...leaves.flatMap(({ words, leaf }, at) => [...(at > 0 ? ['.br'] : []), roffText(usage(['cray-ims', ...words], leaf))]),
    ...(only ? ['.SH DESCRIPTION', ...description(only.leaf)] : ['.SH COMMANDS']),
    ...(only
      ? []
      : leaves.flatMap(({ words, leaf }) => [`.SS ${roffText(words.join(' '))}`, ...paragraph(`${leaf.summary}.`), ...description(leaf)])),
    ...seeAlso(row.name === 'build' ? ['cray-ims-images-file(5)'] : []),
  ])
}

function description(leaf: CommandDefinition): string[] {
  const { about = [], arguments: args = [], options = [], examples } = leaf
  return [
    ...about.flatMap(paragraph),
    ...args.flatMap((argument) => item(argument.many ? `${argument.name}...` : argument.name, argumentHelp(argument, leaf))),
    ...byGroup(options.filter(({ hidden }) => !hidden)).flatMap(({ heading, options: own }) => [
      ...(heading === undefined ? [] : ['.PP', bold(`${heading}:`)]),
      ...own.flatMap((option) => item(optionTerm(option), optionHelp(option, leaf))),
    ]),
    ...examples.flatMap(({ line, does }) => [...paragraph(`${does}:`), ...example([line])]),
  ]
}

function imagesFilePage(): string {
  const keys = new Map([...keyRows.recipe, ...keyRows.base].map((row) => [keyOf(row), row]))
  const only = (key: string) => {
    const having = sources.filter((source) => keyRows[source].some((row) => keyOf(row) === key))
    return having.length === sources.length ? '' : ` With ${orList(having)}.`
  }
  const keyItem = (key: string, row: OptionDefinition, note = '') => {
    const choices = choicesInFile(row)
    return item(key, `${row.help}.${choices ? ` One of ${choices.join(', ')}.` : ''}${note}`)
  }
  return page('cray-ims-images-file', 5, 'images for cray-ims build --file', [
    '.SH DESCRIPTION',
    ...paragraph(
      'A file in YAML, TOML or JSON with one key, images: a list of what is to be made. Each is built from a recipe, made from another image, which may be of the same file, or imported.',
    ),
    ...example([
      'images:',
      '- name: compute',
      '  recipe: compute-recipe',
      '- name: compute-mine',
      '  base: compute',
      '  script: setup.sh',
      '- name: other',
      '  import: other-export',
      '- name: third',
      '  import: {rootfs: rootfs.squashfs, kernel: vmlinuz, initrd: initrd}',
    ]),
    '.SH KEYS',
    ...item('name', 'Name of the image that is made.'),
    ...Object.entries(sourceHelp).flatMap(([key, help]) => item(key, `${help}.`)),
    ...[...keys].flatMap(([key, row]) => keyItem(key, row, only(key))),
    '.SH KEYS OF AN IMAGE THAT IS IMPORTED',
    ...keyRows.import.flatMap((row) => keyItem(keyOf(row), row)),
    '.SH KEYS OF IMPORT',
    ...importRows.flatMap((row) => keyItem(keyOf(row), row)),
    ...seeAlso(['cray-ims-build(1)']),
  ])
}

const seeAlso = (pages: readonly string[] = []) => ['.SH SEE ALSO', [...pages, 'cray-ims(1)'].map((name) => bold(name)).join(',\n')]
