#include "platform/bus/sequencer.hpp"

#include <algorithm>

namespace darkroom::bus {

void Sequencer::on_live(Envelope event) {
    const auto position = event.position;
    if (position <= last_) return;
    const auto newest = buffer_.empty() ? last_ : buffer_.rbegin()->first;
    if (position > newest + 1) ++gaps_;
    head_ = std::max(head_, position);
    if (buffer_.size() < buffer_limit || position == last_ + 1) buffer_.emplace(position, std::move(event));
}

void Sequencer::on_head(std::int64_t head) {
    head_ = std::max(head_, head);
}

void Sequencer::on_checkpoint(std::int64_t position) {
    if (position < last_) {
        // Set back on purpose, to apply everything again: what we know of holes is about other events.
        buffer_.clear();
        complete_until_ = position;
        doubt_ = true;
    }
    move_to(position);
}

const Envelope* Sequencer::next() const {
    if (buffer_.empty()) return nullptr;
    const auto& [position, event] = *buffer_.begin();
    return position == last_ + 1 || position <= complete_until_ ? &event : nullptr;
}

void Sequencer::applied(std::int64_t position) {
    move_to(position);
}

void Sequencer::move_to(std::int64_t position) {
    last_ = position;
    buffer_.erase(buffer_.begin(), buffer_.upper_bound(last_));
}

void Sequencer::fetching() {
    doubt_ = false;
    head_when_fetching_ = head_;
}

void Sequencer::on_page(Page page) {
    if (page.events.empty()) {
        // Nothing lies between `last` and what was the head before the store was asked.
        if (head_when_fetching_ > last_) move_to(head_when_fetching_);
    } else {
        complete_until_ = std::max(complete_until_, page.events.back().position);
    }
    for (auto& event : page.events) {
        const auto position = event.position;
        if (position > last_) buffer_.emplace(position, std::move(event));
    }
    on_head(page.head);
}

}  // namespace darkroom::bus
