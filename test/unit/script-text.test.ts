import { describe, expect, test } from 'vitest'
import { interpreterOf, scriptTrouble } from '../../src/builds/script-text.ts'

describe('scriptTrouble', () => {
  test.each([
    'echo without a first line of its own\n',
    '#!/bin/sh\necho one\n',
    '#! /bin/bash -e\necho one',
    '#!/usr/bin/env -S python3 -u\nprint(1)\n',
    '#!/usr/bin/env -iS A=b python3',
    '#!/usr/bin/env --split-string=python3 -u',
    '#!/usr/bin/env -Sbash -e',
    '#!/bin/bash -e  \necho one\n',
    '#!/usr/bin/perl -w -T\nprint 1\n',
    '#!/usr/bin/python3\nprint(1)\r\nprint(2)\r\n',
    "#!/bin/sh\nprintf 'a\\r\\n'\n",
  ])('none: %j', (text) => expect(scriptTrouble(text, 's.sh')).toBeUndefined())

  test.each<[string, string, string?]>([
    ['', 'is empty'],
    [' \r\n\n', 'is empty'],
    ['#!/bin/sh\r\necho one\r\n', "has a CR at the end in line 1, so that its interpreter isn't found", "sed -i 's/\\r$//' my.sh"],
    ['#!/usr/bin/python3\r\nprint(1)\r\n', 'in line 1'],
    ['#!/bin/sh\recho one\r', 'in line 1'],
    ['#!/bin/bash -e\necho one\r\n', 'has a CR at the end in line 2, which a shell takes'],
    ['#!/usr/bin/env bash\n\necho one\r\n', 'in line 3'],
    ['echo one\necho two\r\n', 'in line 2'],
    ['#!/bin/sh\necho \0one\n', 'is not text: line 2 has a NUL'],
    ['#!\necho one\n', 'has no interpreter after #!'],
    ['#! \necho one\n', 'has no interpreter after #!'],
    ['#!bash\necho one\n', 'names its interpreter bash without its whole path', '#!/usr/bin/env bash'],
    ['#!/usr/bin/env\necho one\n', 'has no program after #!/usr/bin/env'],
    ['#!/usr/bin/env -S\necho one\n', 'has no program after'],
    ['#!/usr/bin/env bash -e\n', 'gets "bash -e" as a single argument', '#!/usr/bin/env -S bash -e'],
    ['#!/usr/bin/env A=b python3\n', 'gets "A=b python3"', '#!/usr/bin/env -S A=b python3'],
    ['#!/usr/bin/env -i bash\n', 'gets "-i bash"'],
    ['#!/bin/bash -e -u\n', 'has #!/bin/bash -e -u, where /bin/bash gets "-e -u" as a single argument'],
    ['\n#!/usr/bin/python3\nprint(1)\n', 'has its #! in line 2'],
  ])('%j', (text, why, next) => {
    const trouble = scriptTrouble(text, 'my.sh')
    expect(trouble?.why).toContain(why)
    if (next !== undefined) expect(trouble?.next).toBe(next)
  })
})

test.each([
  ['echo one\n', []],
  ['#!/bin/sh -e\n', ['/bin/sh']],
  ['#! /usr/bin/env -S A=b python3 -u\n', ['/usr/bin/env', 'python3']],
  ['#!/usr/bin/env -Spython3 -u\n', ['/usr/bin/env', 'python3']],
  ['#!/usr/bin/env --split-string=bash -e\n', ['/usr/bin/env', 'bash']],
  ['#!/usr/bin/env -S -u HOME -C / bash\n', ['/usr/bin/env', 'bash']],
  ['#!/usr/bin/env -uHOME\n', ['/usr/bin/env']],
])('the interpreter of %j', (text, found) => expect(interpreterOf(text)).toEqual(found))
