// The Database that open_mariadb gives.
#pragma once

#include <mutex>

#include "platform/database/mariadb_pool.hpp"

namespace platform {

class MariadbDatabase final : public Database {
 public:
  // Connects once, to see that it can.
  explicit MariadbDatabase(const MariadbOptions& options);
  // The name of the database on its server.
  [[nodiscard]] const std::string& name() const { return pool_.options().database; }

 protected:
  void run_read(const char* name, const std::function<void(Session&)>& work) override;
  void run_write(const char* name, const std::function<void(Session&)>& work) override;

 private:
  using Work = std::function<void(Session&)>;
  class Attempts;

  void read_once(const Work& work, MariadbPool::Deadline deadline, bool& answered);
  void write_once(const Work& work, MariadbPool::Deadline deadline);
  void commit(MariadbPool::Lease& connection, MariadbPool::Deadline deadline);

  MariadbPool pool_;
  std::timed_mutex retrying_;  // held by who tries again, so that those do not meet once more
};

}  // namespace platform
