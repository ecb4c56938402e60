#include "cinder/volume/backend.hpp"

#include "cinder/app/lifecycle.hpp"

namespace cinder::volume {

using platform::Session;

Backend::Backend(app::App& its_core, BackendOptions its_options,
                 std::unique_ptr<drivers::Provider> its_provider,
                 std::shared_ptr<Neighbours> its_neighbours, drivers::Target& its_target)
    : core(its_core),
      options(std::move(its_options)),
      provider(std::move(its_provider)),
      neighbours(std::move(its_neighbours)),
      target(its_target),
      slots(its_core.runtime.executor),
      reports_(its_core.runtime.executor) {
  neighbours->add(host(), provider);
}

void Backend::remove(const drivers::Item& item) {
  provider->remove(item);
  try {
    if (provider->stats().free_gib > reported_free_gib_) report();
  } catch (const base::Error& error) {
    platform::log_warning("room not reported before the next time pool={} error={}", pool(),
                          error.what());
  }
}

void Backend::report() {
  const openstack::Slots::Slot turn(reports_, pool());
  drivers::Stats stats = provider->stats();
  reported_free_gib_ = stats.free_gib;
  stats.capabilities["volume_backend_name"] = options.backend_name;
  if (!options.filter_function.empty())
    stats.capabilities["filter_function"] = options.filter_function;
  if (!options.goodness_function.empty())
    stats.capabilities["goodness_function"] = options.goodness_function;
  store::PoolRow row;
  row.name = pool();
  row.host = host();
  row.backend_name = options.backend_name;
  row.total_gib = stats.total_gib;
  row.free_gib = stats.free_gib;
  row.thin = stats.thin;
  row.over_subscription_percent = options.over_subscription_percent;
  row.reserved_percentage = options.reserved_percentage;
  row.capabilities = base::to_text(base::to_json(stats.capabilities));
  row.updated_at = core.now();
  const store::Heartbeat heartbeat{core.uuid(), row.host, std::string(store::kVolumeBinary),
                                   options.zone};
  const auto busy = slots.list_taken();
  const base::TimePoint deadline = row.updated_at + app::kWorkDeadline;
  core.database.write("backend.report", [&](Session& session) {
    store::beat(session, heartbeat, row.updated_at);
    store::report_pool(session, row);
    for (const std::string& id : busy) {
      session.execute("UPDATE volumes SET task_deadline=? WHERE id=? AND task_owner=?",
                      {deadline, id, topic()});
      session.execute("UPDATE snapshots SET task_deadline=? WHERE id=? AND task_owner=?",
                      {deadline, id, topic()});
    }
  });
}

}  // namespace cinder::volume
