// The conductor as a compute host sees it: its only way to the database.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "nova/messages.hpp"
#include "openstack/saga.hpp"
#include "platform/bus/bus.hpp"
#include "platform/runtime.hpp"

namespace nova::compute {

// Thread-safe. Calls are repeated while the conductor can not be reached, up to a minute and not
// after give_up(): an answer that got lost is asked for again, and every message may come twice.
class Conductor {
 public:
  Conductor(platform::Bus& bus, platform::Runtime runtime) : bus_(bus), runtime_(runtime) {}

  // The host's role ends: whoever waits for a conductor that is not there fails after this try.
  void give_up() { giving_up_ = true; }

  template <class T>
  typename T::Reply call(const T& request) {
    return base::from_json<typename T::Reply>(send(T::kType, T::kVersion, base::to_json(request)));
  }

 private:
  base::Json send(std::string_view type, int version, base::Json body);
  platform::Bus& bus_;
  platform::Runtime runtime_;
  std::atomic<bool> giving_up_ = false;
};

// Saga progress, kept by the conductor.
class ConductorJournal final : public openstack::SagaJournal {
 public:
  // `kept`: what the conductor had when the host began to work on the operation.
  ConductorJournal(Conductor& conductor, std::string host,
                   std::optional<openstack::SagaProgress> kept)
      : conductor_(conductor), host_(std::move(host)), kept_(std::move(kept)) {}
  openstack::SagaProgress begin(const openstack::SagaProgress& fresh) override;
  // Throws Error(conflict) if the server has moved on to another operation.
  void save(const openstack::SagaProgress& progress) override;

 private:
  Conductor& conductor_;
  std::string host_;
  std::optional<openstack::SagaProgress> kept_;
};

}  // namespace nova::compute
