//! One suite for every store: what `iinspect::register` promises, and what only SQLite can break.

mod applications;
mod concurrency;
mod facts;
mod feed;
mod hotlist;
mod ledger;
mod model;
mod sqlite;
mod support;

/// Stamps each test out for each store. A test takes a [`support::Stage`] and says nothing of the
/// store it runs on.
macro_rules! suite {
    ($($module:ident: $($test:ident)*;)*) => {
        suite!(@store on_sqlite, sqlite, $($module: $($test)*;)*);
        suite!(@store on_postgres, postgres, $($module: $($test)*;)*);
        suite!(@store on_memory_with_four_shards, memory, $($module: $($test)*;)*);
    };
    (@store $store:ident, $make:ident, $($module:ident: $($test:ident)*;)*) => {
        mod $store {
            $(mod $module {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $test() {
                        use crate::contract::{support::{Stage, bounded}, $module as tests};
                        if stringify!($make).starts_with("postgres") && crate::postgres::skipped() {
                            return;
                        }
                        bounded(tests::$test(Stage::$make())).await;
                    }
                )*
            })*
        }
    };
}

suite! {
    facts: a_record_comes_back_as_it_was absence_has_a_position many_keep_order_and_duplicates
        bounds_of_many pages_lead_through_every_record_in_order an_expired_deadline_is_said_and_never_hangs a_closed_store_says_so;
    ledger: versions_count_up_and_are_checked a_changeset_is_whole_or_not_at_all
        a_request_is_carried_out_once a_refused_request_leaves_its_id_free bounds_of_a_changeset
        a_read_at_a_commits_token_sees_it times_are_kept_to_the_microsecond;
    hotlist: entries_are_added_replaced_and_removed a_number_has_room_for_so_many;
    applications: they_are_found_by_every_key newest_first_and_not_without_end
        the_applicant_stays_and_the_old_number_is_told;
    feed: every_change_once_and_in_order pages_of_any_size_say_the_same a_batch_is_one_entry_per_shard
        a_pruned_feed_says_so tokens_that_cannot_be_gone_on_from;
    concurrency: reads_and_feed_agree_with_what_was_committed;
    model: any_changesets_do_what_the_model_does;
}
