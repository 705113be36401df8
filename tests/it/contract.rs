//! One suite for every store: what `iinspect::register` promises, and what only SQLite or
//! PostgreSQL can break.

mod applications;
mod batches;
mod concurrency;
mod facts;
mod feed;
mod history;
mod hotlist;
mod ledger;
mod model;
mod postgres;
mod requests;
mod sqlite;
mod support;

/// Stamps each test out for each store. A test takes a [`support::Stage`] and says nothing of the
/// store it runs on.
macro_rules! suite {
    ($($module:ident: $($test:ident)*;)*) => {
        suite!(@store on_sqlite, sqlite, $($module: $($test)*;)*);
        suite!(@store on_postgres, postgres, $($module: $($test)*;)*);
        suite!(@store on_postgres_through_a_pooler, postgres_pooled, $($module: $($test)*;)*);
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
        bounds_of_a_changeset
        a_read_at_a_commits_token_sees_it times_are_kept_to_the_microsecond;
    history: a_moment_shows_what_was_recorded_by_then a_moment_has_the_hotlist_and_the_position_of_now
        of_versions_in_no_order_of_time_the_latest_counts versions_say_who_and_why_the_newest_first
        bounds_of_versions only_what_was_committed_is_history what_is_scheduled_stays_with_its_version
        a_fact_within_an_age_is_the_fact;
    requests: a_request_is_carried_out_once the_kept_answer_can_be_asked_for an_id_can_be_used_anew
        what_is_spent_is_spent_once
        answers_of_any_length_are_kept a_refused_request_leaves_its_id_free many_are_forgotten_at_once;
    batches: a_batch_moves_on_from_where_it_is a_batch_that_is_elsewhere_is_a_conflict
        a_batch_and_its_writes_stand_and_fall_together a_batch_is_forgotten_after_its_last_part
        a_batch_tells_each_shard_once_however_few_it_writes
        a_repeated_request_does_not_move_the_batch_again bounds_of_a_batch;
    hotlist: entries_are_added_replaced_and_removed a_number_has_room_for_so_many
        versions_of_an_entry_are_checked an_entry_stays_with_its_number;
    applications: they_are_found_by_every_key newest_first_and_not_without_end
        the_applicant_stays_and_the_old_number_is_told a_list_leads_through_all_of_them;
    feed: every_change_once_and_in_order what_happened_to_a_record_is_told pages_of_any_size_say_the_same a_batch_is_one_entry_per_shard
        a_pruned_feed_says_so tokens_that_cannot_be_gone_on_from;
    concurrency: reads_and_feed_agree_with_what_was_committed
        a_number_has_room_for_so_many_whoever_puts_them the_same_request_at_once_is_carried_out_once;
    model: any_changesets_do_what_the_model_does;
}
