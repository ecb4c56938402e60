#include "nova/compute/conductor.hpp"

#include "openstack/clients/answers.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"

namespace nova::compute {
namespace {

constexpr base::Duration kTimeout = std::chrono::seconds{10};
constexpr base::Duration kPatience = std::chrono::seconds{60};
constexpr base::Duration kPause = std::chrono::milliseconds{500};

}  // namespace

base::Json Conductor::send(std::string_view type, int version, base::Json body) {
  const base::SteadyTime deadline = runtime_.clock.steady() + kPatience;
  const platform::Message message{runtime_.random.uuid(),
                                  std::string(type),
                                  version,
                                  platform::current_request().request_id,
                                  nullptr,
                                  std::move(body)};
  for (;;) {
    try {
      return bus_.call(std::string(kConductorTopic), message, kTimeout);
    } catch (const base::Error& error) {
      if (!openstack::clients::is_away(error) || giving_up_ || runtime_.clock.steady() > deadline)
        throw;
      platform::log_warning("conductor not reached, trying again type={} error={}", type,
                            error.what());
    }
    runtime_.executor.sleep_for(kPause);
  }
}

openstack::SagaProgress ConductorJournal::begin(const openstack::SagaProgress& fresh) {
  return kept_.value_or(fresh);
}

void ConductorJournal::save(const openstack::SagaProgress& progress) {
  static_cast<void>(conductor_.call(SaveSaga{host_, progress}));
}

}  // namespace nova::compute
