// The transitions of a server that more than one role makes, each inside one transaction. Every
// state in which something is in progress has an owner and a deadline.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nova/app/app.hpp"
#include "nova/store/instances.hpp"

namespace nova::app {

// How long an owner has before the reaper looks after the server.
inline constexpr base::Duration kScheduleDeadline = std::chrono::seconds{60};
inline constexpr base::Duration kBuildDeadline = std::chrono::minutes{10};
inline constexpr base::Duration kPowerDeadline = std::chrono::minutes{5};
inline constexpr base::Duration kDeleteDeadline = std::chrono::minutes{3};
// A host that copies or sends a disk gives signs of life every few seconds.
inline constexpr base::Duration kImageDeadline = std::chrono::minutes{5};

// A host that has not been told yet, as who asks another service first may die: it has asked by
// then.
inline constexpr base::Duration kHandOverDeadline = std::chrono::seconds{90};

inline constexpr std::string_view kBuildEvent = "compute__do_build_and_run_instance";
inline constexpr std::string_view kScheduleEvent = "conductor_schedule_and_build_instances";

// Whether that is a task state in which an image is made of the server.
[[nodiscard]] bool makes_image(std::string_view task_state);

// Ends the operation: vm_state "error" and the fault that says what happened. The claim is given
// back and the server is on no host any more.
void fail_build(platform::Session& session, const store::InstanceRow& server,
                const std::string& fault, base::TimePoint now);
// Ends an operation that leaves the server as it was (a power change that failed).
void abandon_operation(platform::Session& session, const store::InstanceRow& server,
                       const std::string& reason, base::TimePoint now);

// Ends an operation that may have left the server in pieces: vm_state "error" on the host where it
// is, and the fault that says what happened.
void fail_operation(platform::Session& session, const store::InstanceRow& server,
                    const std::string& fault, base::TimePoint now);

enum class Retry { other_host, none };
// A host could not build it (or vanished while it did): schedules it again on a host that was not
// tried, up to the limit, else fail_build. True: `again` (a ScheduleServer) was enqueued.
bool build_failed(platform::Session& session, const store::InstanceRow& server,
                  const std::string& reason, Retry retry, int64_t max_attempts,
                  const platform::Message& again, base::TimePoint now);

// What the server has in Neutron and Cinder. What the user brought outlives it; a server that is
// only given up keeps its volumes for its deletion.
enum class End { deleted, given_up };
[[nodiscard]] ReleaseServer release_of(platform::Session& session, const std::string& server_id,
                                       End end);
// Deletes a server that is on no host, or whose host is gone: everything in the database, and
// `release` (a ReleaseServer) for what it has elsewhere. CAS on `server.operation_id`.
[[nodiscard]] bool delete_without_host(platform::Session& session, const store::InstanceRow& server,
                                       const platform::Message* release, base::TimePoint now);

}  // namespace nova::app
