------------------------------- MODULE Closing -------------------------------
(***************************************************************************)
(* How a committee closes one sequence of an account (PROTOCOL: Closing a  *)
(* sequence).  README.md beside this file names what is assumed and what   *)
(* is promised; closing.test.ts keeps the rules below and the core         *)
(* together.                                                               *)
(*                                                                         *)
(* One committee, one sequence.  Its owner has signed every order for it,  *)
(* and has asked to have it closed.  Hostile members have voted for every  *)
(* order, and state whatever suits, to each turn something else.  What is  *)
(* decided in a turn is decided once (Agreement); whose statements of at   *)
(* least a quorum these are is as the adversary likes.  Any message        *)
(* reaches anyone late, or never, so a certificate may turn up at any      *)
(* time.                                                                   *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, Sequences

CONSTANTS
  Members,
  Hostile,       \* those of them that sign anything
  Sound,         \* orders that the account may give
  Unsound,       \* and those that it may not
  None           \* no order

----------------------------------------------------------------------------
(* The committee.                                                          *)

Quorum(n) == (2 * n) \div 3 + 1
FaultsTolerated(n) == (n - 1) \div 3

Honest == Members \ Hostile
Needed == Quorum(Cardinality(Members))
Orders == Sound \cup Unsound

----------------------------------------------------------------------------
(* Which orders may have a certificate, and what follows.  Of n members    *)
(* some answered, and some of these said that they voted for the order;    *)
(* up to f of the others lied, and all that were not asked may vote yet.   *)

Liars(said, answered, f) == IF f < answered - said THEN f ELSE answered - said
Reach(said, liars, answered, n) == said + liars + (n - answered)

IsPossible(said, answered) ==
  LET n == Cardinality(Members) IN
    Reach(said, Liars(said, answered, FaultsTolerated(n)), answered, n) >= Needed

(* Of the number of possible orders: 0 is none, 1 is win, 2 is reserve.    *)
Result(count) == IF count = 0 THEN 0 ELSE IF count = 1 THEN 1 ELSE 2

(* A later turn leaves fewer orders, and only such as were left before.    *)
FewerLeft(before, after) == after < before
NoneNew(after, shared) == shared = after

MayFollow(before, after) ==
  /\ FewerLeft(Cardinality(before), Cardinality(after))
  /\ NoneNew(Cardinality(after), Cardinality(before \cap after))

----------------------------------------------------------------------------
(* The committee at work.                                                  *)

VARIABLES
  voted,         \* what each honest member voted for here, before it stated
  stated,        \* whether it has stated that, and votes here no more
  since,         \* the orders that it voted for because they had won
  turn,          \* the last turn that it carried out; 0 is none
  applied,       \* the order whose certificate it applied here, or None
  decided        \* the possible orders of each turn that was decided

vars == <<voted, stated, since, turn, applied, decided>>

Voters(o) == {n \in Honest : voted[n] = o \/ o \in since[n]} \cup Hostile
HasCertificate(o) == Cardinality(Voters(o)) >= Needed

(* With a win the sequence is not spent yet, but nothing else is voted for. *)
ResultOf(t) == Result(Cardinality(decided[t]))
IsFree(n) == turn[n] = 0 /\ applied[n] = None

Init ==
  /\ voted = [n \in Honest |-> None]
  /\ stated = [n \in Honest |-> FALSE]
  /\ since = [n \in Honest |-> {}]
  /\ turn = [n \in Honest |-> 0]
  /\ applied = [n \in Honest |-> None]
  /\ decided = <<>>

NotStated(n) == ~stated[n]

Vote(n, o) ==
  /\ IsFree(n)
  /\ NotStated(n)
  /\ voted[n] = None
  /\ o \in Sound
  /\ voted' = [voted EXCEPT ![n] = o]
  /\ UNCHANGED <<stated, since, turn, applied, decided>>

State(n) ==
  /\ IsFree(n)
  /\ ~stated[n]
  /\ stated' = [stated EXCEPT ![n] = TRUE]
  /\ UNCHANGED <<voted, since, turn, applied, decided>>

Said(answered, lies, o) ==
  Cardinality({n \in answered \cap Honest : voted[n] = o} \cup
              {n \in answered \cap Hostile : lies[n] = o})

Possible(answered, lies) ==
  {o \in Orders :
     Said(answered, lies, o) > 0 /\
     IsPossible(Said(answered, lies, o), Cardinality(answered))}

(* In the first turn honest members find that the account may give each    *)
(* possible order.  Later on the sequence is spent, and they cannot tell.  *)
Decide(answered, lies) ==
  LET possible == Possible(answered, lies)
      last == Len(decided) IN
    /\ Cardinality(answered) >= Needed
    /\ \A n \in answered \cap Honest : stated[n]
    /\ IF last = 0 THEN possible \subseteq Sound
                   ELSE ResultOf(last) = 2 /\ MayFollow(decided[last], possible)
    /\ decided' = Append(decided, possible)
    /\ UNCHANGED <<voted, stated, since, turn, applied>>

(* A certificate stands above every decision.  A member that was away      *)
(* carries out a later turn at once.                                       *)
CertificateStands(n) == applied[n] = None

Carry(n, t) ==
  /\ t > turn[n]
  /\ CertificateStands(n)
  /\ turn' = [turn EXCEPT ![n] = t]
  /\ stated' = [stated EXCEPT ![n] = TRUE]
  /\ UNCHANGED <<voted, since, applied, decided>>

VoteForWinner(n, o) ==
  /\ turn[n] > 0
  /\ ResultOf(turn[n]) = 1
  /\ o \in decided[turn[n]]
  /\ since' = [since EXCEPT ![n] = @ \cup {o}]
  /\ UNCHANGED <<voted, stated, turn, applied, decided>>

(* A certificate, of whatever votes, turns up. *)
Apply(n, o) ==
  /\ HasCertificate(o)
  /\ applied[n] = None
  /\ applied' = [applied EXCEPT ![n] = o]
  /\ UNCHANGED <<voted, stated, since, turn, decided>>

Acts(n) ==
  \/ \E o \in Orders : Vote(n, o) \/ VoteForWinner(n, o) \/ Apply(n, o)
  \/ State(n)
  \/ \E t \in 1..Len(decided) : Carry(n, t)

Decides ==
  \E answered \in SUBSET Members :
    \E lies \in [Hostile -> Orders \cup {None}] : Decide(answered, lies)

Next == Decides \/ \E n \in Honest : Acts(n)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------
(* What is promised.                                                       *)

TypeOK ==
  /\ voted \in [Honest -> Sound \cup {None}]
  /\ stated \in [Honest -> BOOLEAN]
  /\ since \in [Honest -> SUBSET Orders]
  /\ turn \in [Honest -> 0..Len(decided)]
  /\ applied \in [Honest -> Orders \cup {None}]
  /\ decided \in Seq(SUBSET Orders)

(* At most one order has a certificate, before closing and after. *)
OneCertificate ==
  \A o, p \in Orders : HasCertificate(o) /\ HasCertificate(p) => o = p

(* No decision is against a certificate, whenever it turns up. *)
CertificateIsPossible ==
  \A o \in Orders : HasCertificate(o) =>
    \A t \in 1..Len(decided) : o \in decided[t]

(* Nothing wins, and for nothing is money kept, that the account may not give. *)
DecidedIsSound == \A t \in 1..Len(decided) : decided[t] \subseteq Sound

(* So there are no more turns than orders. *)
LaterTurnsLeaveFewer ==
  \A t \in 2..Len(decided) :
    decided[t] \subseteq decided[t - 1] /\ decided[t] # decided[t - 1]

(* A second vote of an honest member is for an order that won. *)
SecondVotesAreForWinners ==
  \A n \in Honest : \A o \in since[n] :
    \E t \in 1..Len(decided) : decided[t] = {o}

THEOREM Safety ==
  Cardinality(Hostile) <= FaultsTolerated(Cardinality(Members)) /\ Spec =>
    [](TypeOK /\ OneCertificate /\ CertificateIsPossible /\ DecidedIsSound
       /\ LaterTurnsLeaveFewer /\ SecondVotesAreForWinners)
=============================================================================
