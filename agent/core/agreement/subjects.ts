/**
 * What is agreed on: the rules of each kind of subject (rules.ts), a row a kind. Agreement itself
 * knows none of them by name. Another kind is a case of `subjectCoder` (codec/agreement.ts) and a
 * row here; one without the other does not compile.
 */

import { closingRules } from '../closing/subject.ts';
import { epochRules } from '../epochs/cut.ts';
import { OUTCOME_RULES } from '../gateway/outcome.ts';
import type { SubjectTable } from './rules.ts';

export const SUBJECTS: SubjectTable = {
  outcome: OUTCOME_RULES,
  epoch: epochRules,
  closing: closingRules,
};
