//! What only a server can suffer: it is away, freezes, is killed, fills up, is another than before.

mod away;
mod crash;
mod disk;
mod follow;
mod lost;
mod replica;
mod support;
mod tables;
mod tls;
