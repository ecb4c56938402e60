// What glance-registry does with imports.
#pragma once

#include "glance/task_messages.hpp"
#include "platform/bus/dispatcher.hpp"
#include "platform/database/database.hpp"
#include "platform/runtime.hpp"

namespace glance::registry {

// An import of which nothing was heard for this long is given to whoever takes it, so many times
// in all; then it has failed.
inline constexpr base::Duration kImportPatience = std::chrono::seconds{45};
inline constexpr int64_t kImportAttempts = 5;
// How long one that has ended is shown.
inline constexpr base::Duration kTaskTimeToLive = std::chrono::hours{48};

// What the messages do. Thread-safe. Errors as the messages document them.
class Imports {
 public:
  Imports(platform::Runtime runtime, platform::Database& database)
      : runtime_(runtime), database_(database) {}

  Task start(const StartImport& request);
  ImportWork take(const TakeImport& request);
  void go_on(const ContinueImport& request);
  void finish_preparation(const FinishPreparation& request);
  void report(const ReportStore& request);
  void finish(const FinishImport& request);
  [[nodiscard]] TaskList list(const ListTasks& request);
  [[nodiscard]] Task get(const GetTask& request);
  // Hands out again, or ends, those of which nothing was heard; forgets those that ended long ago.
  void look_after();

 private:
  platform::Runtime runtime_;
  platform::Database& database_;
};

// Adds one handler per message.
void add_handlers(platform::Dispatcher& dispatcher, Imports& imports);

}  // namespace glance::registry
