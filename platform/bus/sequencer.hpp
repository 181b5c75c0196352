// The consumer's mind, without I/O: which event is next, and when the store must be asked. See DESIGN "Events", point 4.
#pragma once

#include "platform/bus/envelope.hpp"

#include <map>
#include <optional>
#include <vector>

namespace darkroom::bus {

/// One page of the store's log. `head` is the last position stored when (or before) the page was read.
struct Page {
    std::vector<Envelope> events;
    std::int64_t next_after = 0;
    std::int64_t head = 0;
};

/// Invariants: events come out in rising position, none twice; a live event comes out only as `last() + 1`; what is missing is
/// asked of the store, whose pages are the truth (a hole in them was cleared and is passed over).
class Sequencer {
public:
    /// `last` is the checkpoint: everything up to it has been applied.
    explicit Sequencer(std::int64_t last) : last_(last) {}

    /// From Pub/Sub: may be repeated, late or missing.
    void on_live(Envelope event);
    /// A beacon: the store's last position.
    void on_head(std::int64_t head);
    /// Something may have been missed (subscribed anew, poll due): ask the store.
    void on_doubt() { doubt_ = true; }
    /// The answer to a fetch after `after`; ignored when `last` has moved meanwhile.
    void on_page(std::int64_t after, Page page);
    /// Another instance has moved the checkpoint.
    void on_checkpoint(std::int64_t position);

    /// The event to apply now; call `applied` once it is.
    const Envelope* next() const;
    void applied(std::int64_t position);
    /// True when nothing can be applied until the store has been read after `last()`. Beginning the fetch clears the doubt.
    bool must_fetch() const;
    void fetching() { doubt_ = false; }

    std::int64_t last() const { return last_; }
    std::int64_t head() const { return head_; }
    std::uint64_t gaps() const { return gaps_; }

private:
    static constexpr std::size_t buffer_limit = 4096;
    void drop_applied();

    std::int64_t last_;
    std::int64_t head_ = 0;
    /// Nothing is known at the start, so the store is asked first.
    bool doubt_ = true;
    std::uint64_t gaps_ = 0;
    /// Position by position what can be applied or waits for a gap to be filled.
    std::map<std::int64_t, Envelope> buffer_;
    /// Up to here the store has vouched for holes.
    std::int64_t complete_until_ = 0;
};

}  // namespace darkroom::bus
