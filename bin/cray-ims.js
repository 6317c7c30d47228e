#!/usr/bin/env node
'use strict'
const { main } = require('../dist/main.js')

main(process).then((code) => {
  process.exitCode = code
})
