//! Every statement of the store by name, and those of the write path prepared once for a connection.
//! Must never hold SQL text itself: one statement per file in `sql/`.

use futures_util::try_join;
use tokio_postgres::{Client, Statement};

use super::error::Result;

macro_rules! statements {
    (prepared { $($hot:ident),* $(,)? } plain { $($cold:ident),* $(,)? }) => {
        /// Texts of the statements.
        #[allow(non_upper_case_globals, missing_docs, reason = "each is the file of the same name in sql/")]
        pub mod text {
            $(pub const $hot: &str = include_str!(concat!("sql/", stringify!($hot), ".sql"));)*
            $(pub const $cold: &str = include_str!(concat!("sql/", stringify!($cold), ".sql"));)*
        }

        /// Every statement, by name.
        pub const ALL: &[(&str, &str)] = &[
            $((stringify!($hot), text::$hot),)*
            $((stringify!($cold), text::$cold),)*
        ];

        /// The statements of the write path, prepared on one connection.
        #[derive(Clone)]
        #[allow(missing_docs, reason = "each is the file of the same name in sql/")]
        pub struct Statements {
            $(pub $hot: Statement,)*
        }

        impl Statements {
            /// Prepares them all in one round trip. Each waits on the heap: together they would not fit a worker's stack.
            pub async fn prepare(client: &Client) -> Result<Statements> {
                let ($($hot,)*) = try_join!($(Box::pin(client.prepare(text::$hot))),*)?;
                Ok(Statements { $($hot,)* })
            }
        }
    };
}

statements! {
    prepared {
        head_lock, head_advance, fence, clock,
        event_append, leg_append, total_add, pin_append, line_party_append, parked_append, parked_resolution_append, click_append,
        line_put, party_put, membership_clear, membership_append, item_put, shop_put, entity_put, rule_put,
        approval_put, placement_clear, placement_append, returned_put, run_put, sheet_put, substitute_clear,
        substitute_append, payment_put, money_freeze_put, money_receipt_clear, money_receipt_append,
        receipt_bill_clear, receipt_bill_append, reconciliation_append, recon_resolution_append, dispute_put,
        brief_put, contract_put, supplier_put, offer_put, quote_put, anchor_sale_add, anchor_sale_clear,
        anchor_click_add, anchor_click_clear, anchor_card_put, purchase_put, purchase_line_put, sample_put,
        pool_entry_put, pool_scores, submission_put, selection_clear, selection_append, watch_put,
        timer_clear, timer_put, receipt_append, receipt_find, key_append, key_revoke,
        load_streams, load_last, load_clicks, load_sold, load_uncovered, load_balances, clicks_known, latest_pin, streams_since,
    }
    plain {
        access_append, access_column_set, access_column_set_remove, access_column_set_save, access_column_sets,
        access_is_member, access_item_brand, access_key, access_key_person, access_keys_of_book,
        access_line_numbers, access_membership, access_parties, access_persons_of_book, access_rule, access_shop_brand,
        cursor_move, cursor_read, file_add, file_append, file_find, file_part, file_sweep, file_unpart, event_by_stream, event_page, event_range,
        followers_behind, followers_late, followers_reach, followers_wait, generation_bump, head_read,
        import_add, import_attempt, import_days_add, import_days_clear, import_facts_add, import_facts_moved, import_find,
        import_gate, import_months, import_rivals, import_rows_add, import_state, import_told, import_told_receipts, import_parked,
        imports_under_way, imports_waiting, mapping_find, mapping_put, mapping_remove, parked_open, parked_waiting,
        job_end, job_progress, job_read, job_take, key_find, key_list, leg_difference, line_party_once,
        log_create, log_list, log_of_book, log_succeed, long_transaction,
        pull_covered, pull_fail, pull_finish, pull_free, pull_keep, pull_list, pull_page, pull_renew, pull_skip, pull_take,
        rebuild_lock, run_digest, run_figures, runs_under_way, guaranteed_page, reserved_page, tiered_page,
        sheet_page, sheet_moves, sheet_subtotals, sheets_unconfirmed, settlement_terms, settlement_owners, run_sheets,
        suspended_of, bills_settled, receipts_until, unreceived_page, exit_accounts, exit_estimated,
        runs_final, releases_behind, releases_waiting, server_check, session, recon_book, recon_breaks_choose,
        recon_breaks_copy, recon_cash, recon_clear, recon_last, recon_lines, recon_rows_copy, recon_run,
        timers_due, timers_next, scripted_parties, scripted_work, pool_behind, pool_stale, pool_scores_once,
        watch_behind, watch_moved,
    }
}
