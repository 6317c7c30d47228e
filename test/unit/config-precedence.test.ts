import { expect, test } from 'vitest'
import { environmentName, optionValue } from '../../src/config/precedence.ts'
import type { OptionDefinition } from '../../src/definitions/definition.ts'

const option: OptionDefinition = { flag: '--job-type', type: 'text', default: 'd', help: '' }
const prefix = ['ims', 'remote-build-nodes', 'create']
const variable = 'CRAY_IMS_REMOTE_BUILD_NODES_CREATE_JOB_TYPE'

test('the environment variable of an option', () => {
  expect(environmentName(prefix, 'job_type')).toBe(variable)
  expect(environmentName(['init'], 'hostname')).toBe('CRAY_INIT_HOSTNAME')
})

test.each([
  ['the line first', { flag: 'f', env: { [variable]: 'e' }, table: { job_type: 't' } }, { value: 'f', source: 'flag' }],
  ['an empty text on the line', { flag: '', env: { [variable]: 'e' } }, { value: '', source: 'flag' }],
  ['the environment next', { env: { [variable]: 'e' }, table: { job_type: 't' } }, { value: 'e', source: 'environment' }],
  ['an empty variable', { env: { [variable]: '' }, table: { job_type: 't' } }, { value: '', source: 'environment' }],
  ['then the configuration', { env: {}, table: { job_type: { number: '5' } } }, { value: { number: '5' }, source: 'configuration' }],
  ['a false there', { env: {}, table: { job_type: false } }, { value: false, source: 'configuration' }],
  ['a key with dashes', { env: {}, table: { 'job-type': 't' } }, { value: 't', source: 'configuration' }],
  ['underscores before dashes', { env: {}, table: { 'job-type': 't', job_type: 'u' } }, { value: 'u', source: 'configuration' }],
  ['the default last', { env: {}, table: {} }, { value: 'd', source: 'default' }],
])('%s', (_, given, found) => {
  expect(optionValue(option, { prefix, ...given })).toEqual(found)
})

test('no value where there is none', () => {
  expect(optionValue({ flag: '--constructor', type: 'text', help: '' }, { prefix, env: {}, table: {} })).toBeUndefined()
})
