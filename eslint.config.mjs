import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import ts from 'typescript-eslint'

const thrown = { allowThrowingAny: true, allowThrowingUnknown: true }

export default defineConfig(
  globalIgnores(['dist/', 'package/', 'completions/']),
  js.configs.recommended,
  ts.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: ['tsconfig.json', 'tsconfig.scripts.json'], tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'prefer-const': ['error', { ignoreReadBeforeAssign: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/no-unnecessary-type-conversion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // A signal's reason has no type.
      '@typescript-eslint/only-throw-error': ['error', thrown],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', thrown],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowBoolean: true, allowNever: true, allowNullish: true, allowNumber: true, allowAny: true },
      ],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],

      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // An async function that awaits nothing makes a rejection of whatever it throws.
      '@typescript-eslint/require-await': 'off',
      // There are hardly any classes; methods of object literals are handed around.
      '@typescript-eslint/unbound-method': 'off',
      // Control characters and runs of blanks are what texts are checked for.
      'no-control-regex': 'off',
      'no-regex-spaces': 'off',
    },
  },
  {
    // What tests and scripts look at was printed by programs: it has no types, and a wrong guess fails them at once.
    files: ['test/**', '**/*.{js,mjs,cjs}'],
    rules: {
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-misused-promises': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
  {
    // The compiler knows what is defined, and the launchers are CommonJS.
    files: ['**/*.{js,mjs,cjs}'],
    rules: { 'no-undef': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
)
