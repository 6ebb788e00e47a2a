#include "driver/notifications/channel_registry.h"

#include <algorithm>
#include <utility>

namespace ca::driver {

ChannelRegistry::Added ChannelRegistry::add(NotificationListener& listener, const std::string& channel, Instant now) {
  Channel& known = channels_[channel];
  by_listener_[&listener].insert(channel);
  if (known.confirmed || known.listeners.contains(&listener)) {
    known.listeners.insert(&listener);
    return Added::listens;
  }
  known.waiting.push_back({&listener, now});
  return known.ask == 0 ? Added::first : Added::waits;
}

void ChannelRegistry::asked(const std::string& channel, Ask ask) {
  const auto place = channels_.find(channel);
  if (place != channels_.end()) place->second.ask = ask;
}

std::vector<NotificationListener*> ChannelRegistry::confirmed(const std::string& channel, Ask ask) {
  std::vector<NotificationListener*> told;
  const auto place = channels_.find(channel);
  if (place == channels_.end() || place->second.ask != ask) return told;
  place->second.confirmed = true;
  for (const Waiting& waiting : std::exchange(place->second.waiting, {})) {
    place->second.listeners.insert(waiting.listener);
    told.push_back(waiting.listener);
  }
  return told;
}

std::vector<NotificationListener*> ChannelRegistry::refused(const std::string& channel, Ask ask) {
  std::vector<NotificationListener*> told;
  const auto place = channels_.find(channel);
  if (place == channels_.end() || place->second.ask != ask) return told;
  for (const Waiting& waiting : std::exchange(place->second.waiting, {})) {
    told.push_back(waiting.listener);
    forget(*waiting.listener, channel);
  }
  place->second.ask = 0;
  drop_if_unwanted(channel);
  return told;
}

std::vector<NotificationListener*> ChannelRegistry::unconfirm() {
  std::unordered_set<NotificationListener*> all;
  for (auto& [name, channel] : channels_) {
    channel.confirmed = false;
    channel.ask = 0;
    all.insert(channel.listeners.begin(), channel.listeners.end());
  }
  return {all.begin(), all.end()};
}

std::vector<NotificationListener*> ChannelRegistry::refuse_older(Instant limit) {
  std::vector<NotificationListener*> told;
  for (const std::string& name : channels()) {
    Channel& channel = channels_.at(name);
    std::erase_if(channel.waiting, [&](const Waiting& waiting) {
      if (waiting.since > limit) return false;
      told.push_back(waiting.listener);
      forget(*waiting.listener, name);
      return true;
    });
    drop_if_unwanted(name);
  }
  return told;
}

std::vector<std::string> ChannelRegistry::remove(NotificationListener& listener, const std::string& channel) {
  const auto place = channels_.find(channel);
  if (place == channels_.end()) return {};
  place->second.listeners.erase(&listener);
  std::erase_if(place->second.waiting, [&](const Waiting& waiting) { return waiting.listener == &listener; });
  forget(listener, channel);
  if (!drop_if_unwanted(channel)) return {};
  return {channel};
}

std::vector<std::string> ChannelRegistry::remove_all(NotificationListener& listener) {
  std::vector<std::string> unwanted;
  const auto place = by_listener_.find(&listener);
  if (place == by_listener_.end()) return unwanted;
  for (const std::string& channel : std::set<std::string>(place->second)) {
    for (auto& name : remove(listener, channel)) unwanted.push_back(std::move(name));
  }
  return unwanted;
}

std::vector<std::string> ChannelRegistry::withdraw(NotificationListener& listener) {
  std::vector<std::string> unwanted;
  const auto place = by_listener_.find(&listener);
  if (place == by_listener_.end()) return unwanted;
  for (const std::string& channel : std::set<std::string>(place->second)) {
    if (channels_.at(channel).listeners.contains(&listener)) continue;
    for (auto& name : remove(listener, channel)) unwanted.push_back(std::move(name));
  }
  return unwanted;
}

void ChannelRegistry::forget(NotificationListener& listener, const std::string& channel) {
  const auto place = by_listener_.find(&listener);
  if (place == by_listener_.end()) return;
  place->second.erase(channel);
  if (place->second.empty()) by_listener_.erase(place);
}

bool ChannelRegistry::drop_if_unwanted(const std::string& channel) {
  const auto place = channels_.find(channel);
  if (place == channels_.end() || !place->second.listeners.empty() || !place->second.waiting.empty()) return false;
  channels_.erase(place);
  return true;
}

std::vector<NotificationListener*> ChannelRegistry::listeners(const std::string& channel) const {
  const auto place = channels_.find(channel);
  if (place == channels_.end()) return {};
  return {place->second.listeners.begin(), place->second.listeners.end()};
}

bool ChannelRegistry::listens(const NotificationListener& listener, const std::string& channel) const {
  const auto place = channels_.find(channel);
  return place != channels_.end() && place->second.listeners.contains(const_cast<NotificationListener*>(&listener));
}

std::size_t ChannelRegistry::channels_of(const NotificationListener& listener) const {
  const auto place = by_listener_.find(&listener);
  return place == by_listener_.end() ? 0 : place->second.size();
}

std::vector<std::string> ChannelRegistry::channels() const {
  std::vector<std::string> names;
  for (const auto& [name, channel] : channels_) names.push_back(name);
  return names;
}

}  // namespace ca::driver
