import type { CommandDefinition, GroupDefinition, OptionDefinition } from './definition.ts'

const heading = 'Configuration'

export const initOptions = [
  { flag: '--hostname', type: 'text', placeholder: 'HOST', help: "Address of the system's API gateway" },
  { flag: '--tenant', type: 'text', help: 'Tenant that requests are made for' },
  { flag: '--no-auth', type: 'flag', help: 'Do not log in' },
  { flag: '--overwrite', type: 'flag', help: 'Replace an existing configuration without asking' },
] as const satisfies readonly OptionDefinition[]

export const loginOptions = [
  { flag: '--username', type: 'text', placeholder: 'USER', help: 'User; asked for where it is not given' },
  { flag: '--password', type: 'text', help: 'Password; better typed when asked: others can see a command line' },
  { flag: '--rsa_token', type: 'text', help: 'RSA token, where the system wants one' },
  {
    flag: '--client-credentials',
    type: 'flag',
    exclusive: ['--username', '--password', '--rsa_token'],
    help: 'As root on a node: log in as admin-client, whose secret kubectl reads',
  },
] as const satisfies readonly OptionDefinition[]

export const describeConfigOptions = [
  { flag: '--origin', type: 'flag', help: 'Show where each value comes from: the file, or a variable of the environment' },
] as const satisfies readonly OptionDefinition[]

/** `init`, `auth` and `config`: shared with the original, and with whatever `cray` is on the machine. */
export const init: CommandDefinition = {
  name: 'init',
  heading,
  summary: 'Make a configuration and log in',
  options: initOptions,
  examples: [{ line: 'cray-ims init --hostname api-gw-service-nmn.local', does: 'Asks for user and password' }],
}

export const auth: GroupDefinition = {
  name: 'auth',
  heading,
  summary: 'Credentials',
  commands: [
    {
      name: 'login',
      summary: 'Get a token and keep it',
      options: loginOptions,
      examples: [
        { line: 'cray-ims auth login --username jane', does: 'Asks for the password' },
        { line: 'cray-ims auth login --client-credentials', does: 'Asks for nothing, where kubectl reads secrets' },
      ],
    },
    {
      name: 'status',
      summary: 'Show whose token is used, and until when',
      about: ['Exit code 0 where there is one that is valid or can be renewed, else 1. Nothing is asked of a server.'],
      examples: [{ line: 'cray-ims auth status --query expires', does: 'When it expires' }],
    },
    {
      name: 'logout',
      summary: 'Remove the token',
      about: ["Removes the file of the user's token for this system. The token itself is valid until it expires."],
      examples: [{ line: 'cray-ims auth logout', does: 'Later commands need a login' }],
    },
  ],
}

/** What a person asks first when nothing works. */
export const doctor: CommandDefinition = {
  name: 'doctor',
  heading,
  summary: 'Check configuration, token, service, keys, kubectl and S3',
  about: [
    'Prints a line for each, with what to type where something is missing. Exit code 1 where configuration, token or service fails: without the rest, only parts of the commands work.',
  ],
  examples: [
    { line: 'cray-ims doctor', does: 'A line each' },
    { line: 'cray-ims doctor --format json', does: 'The same for a program' },
  ],
}

const property = { name: 'PROPERTY', help: 'Setting to show: core.hostname' }

export const config: GroupDefinition = {
  name: 'config',
  heading,
  summary: 'Configurations',
  commands: [
    {
      name: 'use',
      summary: 'Make a configuration the active one',
      arguments: [{ name: 'CONFIGURATION', help: 'Which configuration', complete: 'configuration' }],
      examples: [{ line: 'cray-ims config use default', does: 'Later commands use it' }],
    },
    {
      name: 'list',
      summary: 'List the configurations',
      examples: [{ line: 'cray-ims config list', does: 'Names, and which is active' }],
    },
    {
      name: 'describe',
      summary: 'Show the active configuration',
      options: describeConfigOptions,
      examples: [
        { line: 'cray-ims config describe --configuration other', does: 'Another one' },
        { line: 'cray-ims config describe --origin --format table', does: 'What is set, and where' },
      ],
    },
    {
      name: 'get',
      summary: 'Show one setting',
      arguments: [property],
      examples: [{ line: 'cray-ims config get core.hostname', does: 'Prints the hostname' }],
    },
    {
      name: 'set',
      summary: 'Change settings of one section',
      arguments: [
        { name: 'SECTION', help: 'Section to change: core, ims.jobs.create' },
        { name: 'VALUES', help: 'Settings: key=value', many: true },
      ],
      examples: [{ line: 'cray-ims config set core hostname=https://api-gw-service-nmn.local', does: 'Another system' }],
    },
    {
      name: 'unset',
      summary: 'Remove settings',
      arguments: [{ name: 'PROPERTIES', help: 'Setting to remove: auth.login.username', many: true }],
      examples: [{ line: 'cray-ims config unset core.tenant', does: 'Back to none' }],
    },
  ],
}
