---------------------------- MODULE ClosingCheck ----------------------------
(***************************************************************************)
(* What TLC needs beside Closing: the symmetry by which it merges states,  *)
(* and weaker rules, put in one at a time by a line                        *)
(*     CONSTANT rule <- weaker                                             *)
(***************************************************************************)
EXTENDS Closing, TLC

Symmetry == Permutations(Honest) \cup Permutations(Sound)

(* For NotStated: a member votes on after its statement. *)
NoRule(n) == TRUE

(* For Liars: every member is believed. *)
NobodyLies(said, answered, f) == 0

(* For Reach: who was not asked has no vote. *)
OnlyWhoAnswered(said, liars, answered, n) == said + liars

(* For Needed. *)
OneVoteLess == Quorum(Cardinality(Members)) - 1

(* For NoneNew: an order may come up in a later turn that was not possible *)
(* before.                                                                 *)
AnyOrder(after, shared) == TRUE
=============================================================================
