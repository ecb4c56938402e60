// nova-scheduler: takes ScheduleServer, chooses a host, claims it, and casts BuildServer to it.
#pragma once

#include <memory>

#include "nova/app/app.hpp"
#include "nova/scheduler/host_table.hpp"

namespace nova::scheduler {

// Subscribed to "scheduler" from construction to destruction.
class Scheduler {
 public:
  explicit Scheduler(app::App& app);
  ~Scheduler();

  // Idempotent: does nothing unless the server still waits for a host in this operation.
  void schedule(const app::Origin& origin, const ScheduleServer& wanted);

 private:
  enum class Outcome { placed, lost, not_wanted };
  struct Wanted;

  [[nodiscard]] std::optional<Wanted> load(const ScheduleServer& wanted, ViewAge age);
  [[nodiscard]] Outcome commit(const app::Origin& origin, const Wanted& server,
                               const Decision& decision);
  void give_up(const app::Origin& origin, const Wanted& server, const Decision& decision);

  app::App& app_;
  Rules rules_;
  HostTable hosts_;
  std::unique_ptr<platform::Subscription> subscription_;
};

}  // namespace nova::scheduler
