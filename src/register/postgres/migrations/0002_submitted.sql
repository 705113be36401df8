-- Applications in the order they came in, for lists. Their events say more from here on: an older
-- program, which could not read them, refuses this register by its version.

CREATE INDEX application_by_submission ON application (submitted_at DESC, id DESC);
