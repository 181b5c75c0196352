// The consumer's mind, without I/O: which event is next, and when the store must be asked. See DESIGN "Events", point 4.
#pragma once

#include "platform/bus/envelope.hpp"

#include <map>
#include <vector>

namespace darkroom::bus {

/// One page of the store's log, as GET /events?after=… answers it.
struct Page {
    std::vector<Envelope> events;
    std::int64_t next_after = 0;
    std::int64_t head = 0;
};

/// Invariants: events come out in rising position, none twice; a live event comes out only as `last() + 1`; what is missing is
/// asked of the store. Positions are given in commit order, so a page has no holes but those of events that were cleared.
class Sequencer {
public:
    /// `last` is the checkpoint: everything up to it has been applied.
    explicit Sequencer(std::int64_t last) : last_(last) {}

    /// From Pub/Sub: may be repeated, late or missing.
    void on_live(Envelope event);
    /// The store's last position, as somebody told.
    void on_head(std::int64_t head);
    /// Something may have been missed (subscribed anew, poll due): ask the store.
    void on_doubt() { doubt_ = true; }
    /// The position of the checkpoint as another instance, or an operator, left it.
    void on_checkpoint(std::int64_t position);

    /// The event to apply now, or null; call `applied` once it is. Valid until the next call that is not const.
    const Envelope* next() const;
    void applied(std::int64_t position);

    /// True when nothing can be applied until the store has been read after `last()`.
    bool must_fetch() const { return next() == nullptr && (doubt_ || last_ < head_); }
    /// Must be called when a fetch begins: what was known then is what its page can vouch for.
    void fetching();
    /// The page of the fetch begun last. A hole up to the head known when it began was cleared and is passed over.
    void on_page(Page page);

    std::int64_t last() const { return last_; }
    std::int64_t head() const { return head_; }
    /// How often Pub/Sub skipped a position.
    std::uint64_t gaps() const { return gaps_; }

private:
    /// Live events beyond this many are forgotten and fetched later.
    static constexpr std::size_t buffer_limit = 4096;

    void move_to(std::int64_t position);

    std::int64_t last_;
    std::int64_t head_ = 0;
    /// Nothing is known at the start, so the store is asked first.
    bool doubt_ = true;
    std::int64_t head_when_fetching_ = 0;
    /// Up to here the store has vouched for every hole.
    std::int64_t complete_until_ = 0;
    std::uint64_t gaps_ = 0;
    /// By position: what can be applied, and what waits for a gap to be filled.
    std::map<std::int64_t, Envelope> buffer_;
};

}  // namespace darkroom::bus
