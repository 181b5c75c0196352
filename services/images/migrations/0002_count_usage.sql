-- What each user stores: originals and results, each counted for everybody who has it, even where it is stored once. The row is
-- the lock under which a quota is kept: jobs are locked before it, files after it.
CREATE TABLE images.usage (
    user_id     text PRIMARY KEY,
    used_bytes  bigint NOT NULL CHECK (used_bytes >= 0),
    -- As the user's own token last said, for what is stored in the background; NULL: no bound.
    limit_bytes bigint CHECK (limit_bytes >= 0),
    -- quota.warning was sent, and nine tenths are still used.
    warned      boolean NOT NULL DEFAULT false
);

INSERT INTO images.usage (user_id, used_bytes)
SELECT user_id, sum(bytes)
FROM (SELECT user_id, file_size AS bytes FROM images.uploads
      UNION ALL
      SELECT user_id, result_size FROM images.jobs WHERE result_size IS NOT NULL) AS stored
GROUP BY user_id;

-- What the retention sweep looks for.
CREATE INDEX jobs_by_end ON images.jobs (finished_at) WHERE finished_at IS NOT NULL;
