#include "platform/service/service.hpp"
#include "services/users/app.hpp"

int main(int argc, char** argv) {
    return darkroom::run_service(darkroom::users::service(), argc, argv);
}
