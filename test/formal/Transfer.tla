------------------------------- MODULE Transfer -------------------------------
(***************************************************************************)
(* How a committee countersigns payments without agreeing on their order:  *)
(* the transfer protocol of MeshPay                 , which follows        *)
(* FastPay.  README.md beside this file names what is assumed and what     *)
(* is proved; rules.test.ts keeps the rules below word for word equal to   *)
(* the table by which the core works.                                      *)
(*                                                                         *)
(* The adversary is as strong as it can be.  Every order that can be       *)
(* written counts as signed, so each owner signs different orders for one  *)
(* sequence number.  Every hostile authority has voted for every order.    *)
(* Any message reaches anyone late, twice, out of turn or never.  What is  *)
(* left to model is the honest authorities, and what they have signed.     *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
  Authorities,   \* the members of one committee
  Hostile,       \* those of them that vote for anything
  Accounts,
  Endowment,     \* what each account holds at genesis
  MaxAmount,     \* amounts that an owner may write: -1 .. MaxAmount
  MaxSequence,   \* sequence numbers that an owner may use: 0 .. MaxSequence
  None           \* no order is pending

----------------------------------------------------------------------------
(* The committee.                                                          *)

Quorum(n) == (2 * n) \div 3 + 1
FaultsTolerated(n) == (n - 1) \div 3

(* Two quorums share an honest member, and the honest are a quorum. *)
ASSUME QuorumsOverlap ==
  \A n \in 1..100 :
    /\ 2 * Quorum(n) - n > FaultsTolerated(n)
    /\ Quorum(n) <= n - FaultsTolerated(n)

Honest == Authorities \ Hostile
Needed == Quorum(Cardinality(Authorities))

(* So a certificate holds an honest vote, and Certified below is complete. *)
ASSUME HostileAreNoQuorum == Cardinality(Hostile) < Needed

----------------------------------------------------------------------------
(* Orders, and the rules by which an authority `self` votes for one.       *)

Order ==
  [account : Accounts, sequence : 0..MaxSequence, recipient : Accounts, amount : -1..MaxAmount]

PositiveAmount(self, order) == order.amount > 0
NotToItself(self, order) == order.recipient # order.account
NotUsed(self, order) == order.sequence >= self.next[order.account]
NoGap(self, order) == order.sequence <= self.next[order.account]
NothingPending(self, order) == self.pending[order.account] = None
EnoughBalance(self, order) == self.balance[order.account] >= order.amount

Accepts(self, order) ==
  /\ PositiveAmount(self, order)
  /\ NotToItself(self, order)
  /\ NotUsed(self, order)
  /\ NoGap(self, order)
  /\ NothingPending(self, order)
  /\ EnoughBalance(self, order)

(* A certificate behind `next` is old news, one ahead of it has to wait.   *)
(* No balance is asked for: income may be on its way to this authority.    *)
CertificateIsNext(self, order) == order.sequence = self.next[order.account]

AfterVote(self, order) == [self EXCEPT !.pending[order.account] = order]

AfterCertificate(self, order) ==
  [ next    |-> [self.next EXCEPT ![order.account] = @ + 1],
    pending |-> [self.pending EXCEPT ![order.account] = None],
    applied |-> self.applied \cup {order},
    balance |-> [a \in Accounts |->
                   self.balance[a] + IF a = order.account THEN -order.amount
                                     ELSE IF a = order.recipient THEN order.amount
                                     ELSE 0] ]

----------------------------------------------------------------------------
(* The committee at work.                                                  *)

VARIABLES
  authority,     \* what each honest authority has on disk
  votes          \* the orders that each honest authority has ever signed

vars == <<authority, votes>>

(* The orders with the votes of a quorum.  Anyone may collect them. *)
Voters(o) == {n \in Honest : o \in votes[n]} \cup Hostile
Certified == {o \in UNION {votes[n] : n \in Honest} : Cardinality(Voters(o)) >= Needed}

Genesis ==
  [ next    |-> [a \in Accounts |-> 0],
    pending |-> [a \in Accounts |-> None],
    applied |-> {},
    balance |-> [a \in Accounts |-> Endowment] ]

Init ==
  /\ authority = [n \in Honest |-> Genesis]
  /\ votes = [n \in Honest |-> {}]

(* A pending order or a certificate heard again, or a certificate ahead of *)
(* its turn, changes nothing: steps that are always allowed, and unseen.   *)
DeliverOrder(n, o) ==
  /\ Accepts(authority[n], o)
  /\ authority' = [authority EXCEPT ![n] = AfterVote(@, o)]
  /\ votes' = [votes EXCEPT ![n] = @ \cup {o}]

DeliverCertificate(n, o) ==
  /\ CertificateIsNext(authority[n], o)
  /\ authority' = [authority EXCEPT ![n] = AfterCertificate(@, o)]
  /\ UNCHANGED votes

HearOrder(n) == \E o \in Order : DeliverOrder(n, o)
CatchUp(n) == \E o \in Certified : DeliverCertificate(n, o)

Next == \E n \in Honest : HearOrder(n) \/ CatchUp(n)

Spec == Init /\ [][Next]_vars

(* Who holds a certificate spreads it, and in the end it gets through. *)
FairSpec == Spec /\ \A n \in Honest : WF_vars(CatchUp(n))

----------------------------------------------------------------------------
(* What is promised.                                                       *)

RECURSIVE Sum(_, _)
Sum(f, keys) ==
  IF keys = {} THEN 0 ELSE LET k == CHOOSE k \in keys : TRUE IN f[k] + Sum(f, keys \ {k})

Total(orders) == Sum([o \in orders |-> o.amount], orders)
Income(a, orders) == Total({o \in orders : o.recipient = a})
Spending(a, orders) == Total({o \in orders : o.account = a})
Worth(a, orders) == Endowment + Income(a, orders) - Spending(a, orders)

SameNumber(o, p) == o.account = p.account /\ o.sequence = p.sequence

TypeOK ==
  /\ votes \in [Honest -> SUBSET Order]
  /\ DOMAIN authority = Honest
  /\ \A n \in Honest :
       /\ authority[n].next \in [Accounts -> 0..(MaxSequence + 1)]
       /\ authority[n].pending \in [Accounts -> Order \cup {None}]
       /\ authority[n].applied \subseteq Certified
       /\ authority[n].balance \in [Accounts -> Int]

(* No sequence number is spent twice. *)
OneCertificate ==
  \A o, p \in Certified : SameNumber(o, p) => o = p

(* An honest authority never signs against what it has signed. *)
VotesNeverContradict ==
  \A n \in Honest : \A o, p \in votes[n] : SameNumber(o, p) => o = p

(* Nobody has paid more than they had, counted over all certificates. *)
NobodyOverspends ==
  \A a \in Accounts : Worth(a, Certified) >= 0

(* At every authority, at every moment, the token's sum is that of genesis. *)
SumIsConserved ==
  \A n \in Honest :
    Sum(authority[n].balance, Accounts) = Endowment * Cardinality(Accounts)

(* A ledger is the sum of the certificates behind it, whatever their order. *)
LedgerIsItsCertificates ==
  \A n \in Honest, a \in Accounts :
    LET self == authority[n] IN
      /\ self.balance[a] = Worth(a, self.applied)
      /\ self.next[a] = Cardinality({o \in self.applied : o.account = a})

(* A balance is below zero only by income that has yet to arrive there. *)
DebtIsIncomeOnItsWay ==
  \A n \in Honest, a \in Accounts :
    authority[n].balance[a] + Income(a, Certified \ authority[n].applied) >= 0

SameLedger(m, n) ==
  /\ authority[m].balance = authority[n].balance
  /\ authority[m].next = authority[n].next

SameCertificatesSameLedger ==
  \A m, n \in Honest : authority[m].applied = authority[n].applied => SameLedger(m, n)

(* Whoever lacks a certificate can be given one that applies at once. *)
CatchUpIsNeverStuck ==
  \A n \in Honest : \A o \in Certified \ authority[n].applied :
    \E p \in Certified : p.account = o.account /\ CertificateIsNext(authority[n], p)

(* When everyone has applied everything, all is paid, equal and positive. *)
SettledIsSound ==
  (\A n \in Honest : authority[n].applied = Certified) =>
    /\ SumIsConserved
    /\ \A m, n \in Honest : SameLedger(m, n)
    /\ \A n \in Honest, a \in Accounts : authority[n].balance[a] >= 0

(* A payee who holds a certificate is credited everywhere in the end. *)
EveryoneIsPaid ==
  \A n \in Honest, o \in Order : (o \in Certified) ~> (o \in authority[n].applied)

THEOREM Safety ==
  Cardinality(Hostile) <= FaultsTolerated(Cardinality(Authorities)) /\ Spec =>
    [](/\ TypeOK /\ OneCertificate /\ VotesNeverContradict /\ NobodyOverspends
       /\ SumIsConserved /\ LedgerIsItsCertificates /\ DebtIsIncomeOnItsWay
       /\ SameCertificatesSameLedger /\ CatchUpIsNeverStuck /\ SettledIsSound)

THEOREM Liveness ==
  Cardinality(Hostile) <= FaultsTolerated(Cardinality(Authorities)) /\ FairSpec => EveryoneIsPaid
=============================================================================
