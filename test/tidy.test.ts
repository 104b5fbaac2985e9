/**
 * Rules of the house that the compiler and the linter cannot check. CONTRIBUTING.md says what they
 * are for; each is a test in one of these files.
 */
import './tidy/comments.ts';
import './tidy/documents.ts';
import './tidy/exports.ts';
import './tidy/imports.ts';
import './tidy/names.ts';
import './tidy/sizes.ts';
import './tidy/state.ts';
import './tidy/worlds.ts';
