class_name GuildhallImposition
extends RefCounted
## A sanction that a moderator imposes: see [method GuildhallChat.impose].

const Packets := preload("../packets.gd")

## The kind of the sanction.
var kind := Packets.SanctionKind.SANCTION_KIND_MUTE
## The room; empty: everywhere.
var room := ""
## The user's ID; 0 if [member user_name] names the user.
var user := 0
## The user's name, if [member user] is 0.
var user_name := ""
## How long it holds; 0: without an end.
var seconds := 0
## Why.
var reason := Packets.Reason.REASON_UNSPECIFIED
## The rule that was broken, for the user to read.
var rule := ""
## For other moderators.
var note := ""
## Whether it also holds against guests from the address of the user.
var address := false
## The number of the report that it follows from; 0: none.
var report := 0
