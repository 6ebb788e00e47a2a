// Which clients listen on which channels, and which of the channels PostgreSQL has confirmed.
//
// A channel that nobody listens on is not here. Who asks for one that is not confirmed waits, and counts as a listener
// only from the confirmation on.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/clock.h"

namespace ca::driver {

class NotificationListener;

class ChannelRegistry {
 public:
  using Ask = std::uint64_t;  // a LISTEN that was sent; tells an answer that is out of date

  enum class Added : std::uint8_t {
    listens,  // the channel is confirmed
    waits,    // as others do
    first,    // and PostgreSQL was not asked yet
  };
  Added add(NotificationListener& listener, const std::string& channel, Instant now);

  // ---- what PostgreSQL was asked and has answered. Empty where the channel was given up meanwhile ----
  void asked(const std::string& channel, Ask ask);
  std::vector<NotificationListener*> confirmed(const std::string& channel, Ask ask);  // they waited, and listen now
  std::vector<NotificationListener*> refused(const std::string& channel, Ask ask);    // they waited, and are out of it
  // The connection is gone, so no channel is confirmed any more. Those who have listened; they stay listeners.
  std::vector<NotificationListener*> unconfirm();
  std::vector<NotificationListener*> refuse_older(Instant limit);  // of those who wait

  // ---- the channels that nobody wants any more ----
  std::vector<std::string> remove(NotificationListener& listener, const std::string& channel);
  std::vector<std::string> remove_all(NotificationListener& listener);
  std::vector<std::string> withdraw(NotificationListener& listener);  // only where it waits

  // ---- answers ----
  std::vector<NotificationListener*> listeners(const std::string& channel) const;
  bool listens(const NotificationListener& listener, const std::string& channel) const;
  std::size_t channels_of(const NotificationListener& listener) const;  // waiting or listening
  std::vector<std::string> channels() const;
  std::size_t channel_count() const noexcept { return channels_.size(); }
  std::size_t listener_count() const noexcept { return by_listener_.size(); }
  bool empty() const noexcept { return channels_.empty(); }

 private:
  struct Waiting {
    NotificationListener* listener;
    Instant since;
  };
  struct Channel {
    std::unordered_set<NotificationListener*> listeners;
    std::vector<Waiting> waiting;
    Ask ask = 0;
    bool confirmed = false;
  };

  void forget(NotificationListener& listener, const std::string& channel);
  bool drop_if_unwanted(const std::string& channel);

  std::unordered_map<std::string, Channel> channels_;
  std::unordered_map<const NotificationListener*, std::set<std::string>> by_listener_;
};

}  // namespace ca::driver
