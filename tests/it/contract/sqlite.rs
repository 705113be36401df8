//! What only a file can suffer: crashes, other programs, full disks, damage.

mod crash;
mod disk;
mod inline;
mod migrate;
mod open;
mod queue;
mod status;
